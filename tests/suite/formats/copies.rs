//! Clients that hold a copy of a file: when they are told that it is still valid, and what for.

use reqwest::{Method, StatusCode, header};

use super::{Got, get, id_of, send};
use crate::support::{Backend, Data, Server, backends};

const CHANGED: &str = "Sun, 06 Nov 1994 08:49:37 GMT";

/// A server whose data have changed at that moment.
async fn serve(backend: Backend) -> Server {
    let server = Server::start(backend, Data::Bundled).await;
    server.data.execute("UPDATE dataset_version SET changed_at = 784111777000").await;
    server
}

/// Addresses of all kinds.
async fn paths(server: &Server) -> Vec<String> {
    let espoo = id_of(server, "city", "espoo").await;
    let files = ["visits.csv", "visits.jsonl", "visits.geojson", "visits.csv?orderBy=KEY_ASC"];
    let files = files.into_iter().map(|file| format!("/export/{file}"));
    let others = ["/calendar.ics", "/popolo.json"].map(str::to_owned);
    files.chain(others).chain([format!("/id/{espoo}"), format!("/id/{espoo}.jsonld")]).collect()
}

/// The values of a header, whether it is given once or several times.
fn values(got: &Got, name: header::HeaderName) -> Vec<&str> {
    let values = got.headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    let mut values: Vec<&str> = values.flat_map(|value| value.split(',')).map(str::trim).collect();
    values.sort_unstable();
    values
}

/// A client that names the tag of its copy learns by one small statement that nothing has changed, and one that names the moment
/// at least need not read the file again. What they are told has the headers of the file (RFC 9110, section 15.4.5): caches put
/// them in the place of those that they hold.
#[tokio::test(flavor = "multi_thread")]
async fn copies_are_valid_until_the_data_change() {
    for backend in backends() {
        let server = serve(backend).await;
        let paths = paths(&server).await;
        for path in &paths {
            let got = get(&server, path).await;
            let tag = got.header(header::ETAG);
            assert!(tag.starts_with("W/\""), "{path}: {tag}");
            assert_eq!(got.header(header::LAST_MODIFIED), CHANGED);
            assert_eq!(got.header(header::CACHE_CONTROL), "no-cache");
            let encodings = values(&got, header::VARY).into_iter().filter(|name| *name == "accept-encoding").count();
            assert_eq!(encodings, 1, "{path}: {:?}", got.headers);
            let head = send(&server, Method::HEAD, path, &[]).await;
            assert_eq!((head.status.as_u16(), head.header(header::ETAG), &*head.body), (200, tag, ""));
            for (name, value) in [(header::IF_NONE_MATCH, tag), (header::IF_MODIFIED_SINCE, CHANGED)] {
                server.data.take_statements();
                let again = send(&server, Method::GET, path, &[(name.clone(), value)]).await;
                assert_eq!((again.status.as_u16(), &*again.body), (304, ""), "{path}");
                if name == header::IF_NONE_MATCH {
                    assert_eq!(server.data.take_statements().len(), 1, "{path}");
                }
                for name in [
                    header::ETAG,
                    header::VARY,
                    header::CACHE_CONTROL,
                    header::LAST_MODIFIED,
                    header::CONTENT_SECURITY_POLICY,
                ] {
                    assert_eq!(values(&again, name.clone()), values(&got, name.clone()), "{path}: {name}");
                }
                assert!(again.headers.contains_key(header::DATE), "{path}");
            }
        }
        server.data.execute("INSERT INTO dataset_version (version, changed_at) VALUES (1000, 784111778000)").await;
        for path in &paths {
            let again = send(&server, Method::GET, path, &[(header::IF_MODIFIED_SINCE, CHANGED)]).await;
            assert_eq!(again.status, 200, "{path}");
        }
    }
}

/// Each address has tags of its own, and each form of it, and each version of the data: a tag of another one finds nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_tag_belongs_to_one_address_in_one_form() {
    let server = serve(Backend::Sqlite).await;
    let paths = paths(&server).await;
    let mut tags = Vec::new();
    for path in &paths {
        for accept in ["*/*", "application/json"] {
            let got = send(&server, Method::GET, path, &[(header::ACCEPT, accept)]).await;
            tags.push((path, accept, got.header(header::ETAG).to_owned()));
        }
    }
    // Only the address of a record without a form of its own has several.
    let negotiated: Vec<_> = paths.iter().filter(|path| path.starts_with("/id/") && !path.contains('.')).collect();
    assert_eq!(negotiated.len(), 1);
    for (path, accept, tag) in &tags {
        for (other, _, other_tag) in
            tags.iter().filter(|(other, other_accept, _)| (other, other_accept) != (path, accept))
        {
            assert_eq!(tag == other_tag, path == other && !negotiated.contains(path), "{path} and {other}");
        }
        let headers = [(header::ACCEPT, *accept), (header::IF_NONE_MATCH, tag)];
        for other in &paths {
            let status = send(&server, Method::GET, other, &headers).await.status;
            let right = if other == *path { StatusCode::NOT_MODIFIED } else { StatusCode::OK };
            assert_eq!(status, right, "{other} with the tag of {path}");
        }
    }
    server.data.execute("INSERT INTO dataset_version (version, changed_at) VALUES (1000, 784111777000)").await;
    for (path, accept, tag) in &tags {
        let headers = [(header::ACCEPT, *accept), (header::IF_NONE_MATCH, tag)];
        assert_eq!(send(&server, Method::GET, path, &headers).await.status, 200, "{path}");
    }
}

/// A moment says nothing of what is asked for: what does not exist is not found, and what is wrong is told, whatever moment is
/// named. And only the moment that was told is that of a copy.
#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_exist_has_not_stayed_the_same() {
    let server = serve(Backend::Sqlite).await;
    let espoo = id_of(&server, "city", "espoo").await;
    for (path, status) in [
        ("/id/city_00000000000000000000000000", 404),
        ("/id/city_00000000000000000000000000.json", 404),
        ("/id/espoo.json", 404),
        (&*format!("/id/{espoo}?lang=fi"), 400),
        ("/export/mayors.csv", 404),
        ("/export/visits.csv?filter=%7B%22mayor%22%3A1%7D", 400),
        ("/export/visits.csv?orderBy=SIZE_ASC", 400),
        ("/calendar.ics?filter=%7B%22kind%22%3A1%7D", 400),
    ] {
        for since in [CHANGED, "Fri, 06 Nov 2093 08:49:37 GMT"] {
            let got = send(&server, Method::GET, path, &[(header::IF_MODIFIED_SINCE, since)]).await;
            assert_eq!(got.status, status, "{path}, {since}");
        }
    }
    for path in paths(&server).await {
        for since in ["Fri, 06 Nov 2093 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:38 GMT", "Sun, 06 Nov 1994 08:49:36 GMT"]
        {
            let got = send(&server, Method::GET, &path, &[(header::IF_MODIFIED_SINCE, since)]).await;
            assert_eq!(got.status, 200, "{path}, {since}");
        }
    }
}

/// What is answered with "not modified" is a request as others, in the metrics and so in the log.
#[tokio::test(flavor = "multi_thread")]
async fn requests_of_those_who_have_a_copy_are_counted() {
    let server = serve(Backend::Sqlite).await;
    let requests = async || -> u64 {
        let metrics = server.get("/metrics").await.1;
        let of_success =
            metrics.lines().filter(|line| line.starts_with("coopgraph_requests_total") && line.contains("success"));
        of_success.filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok()).sum()
    };
    for path in paths(&server).await {
        let tag = get(&server, &path).await.header(header::ETAG).to_owned();
        let before = requests().await;
        let again = send(&server, Method::GET, &path, &[(header::IF_NONE_MATCH, &tag)]).await;
        assert_eq!((again.status.as_u16(), requests().await), (304, before + 1), "{path}");
    }
}
