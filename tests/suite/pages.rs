//! The pages for people: the start page, and the playground with what it loads.

use coopgraph::config::{Config, Profile};
use reqwest::{Client, Response, header};

use crate::support::{Backend, Data, Server, TestDatabase};

const PLAIN: &str = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; \
                     frame-ancestors 'none'";
const SCRIPTED: &str = "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self' 'unsafe-inline'; \
                        font-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; \
                        form-action 'none'; frame-ancestors 'none'";

async fn server() -> Server {
    Server::start(Backend::Sqlite, Data::Empty).await
}

async fn get(server: &Server, path: &str, headers: &[(header::HeaderName, &str)]) -> Response {
    let mut request = Client::new().get(format!("http://{}{path}", server.address));
    for (name, value) in headers {
        request = request.header(name, *value);
    }
    request.send().await.expect("an answer")
}

fn header_of(response: &Response, name: header::HeaderName) -> &str {
    response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// The page of the playground.
async fn playground(server: &Server) -> String {
    let response = get(server, "/playground/", &[]).await;
    assert_eq!(response.status(), 200, "the build has no playground: install Node.js and npm, and build again");
    response.text().await.expect("a text")
}

/// The path that a relative address of the playground leads to.
fn of_playground(address: &str) -> String {
    format!("/playground/{}", address.strip_prefix("./").expect("a relative address"))
}

/// The values of an attribute, in the order of the text.
fn values<'a>(html: &'a str, attribute: &str) -> Vec<&'a str> {
    let begin = format!(" {attribute}=\"");
    html.split(&begin).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

/// Each page and file has its type, and what it may do is said.
#[tokio::test(flavor = "multi_thread")]
async fn pages_have_their_types_and_policies() {
    let server = server().await;
    playground(&server).await;
    for (path, media, policy) in [
        ("/", "text/html; charset=utf-8", PLAIN),
        ("/pages.css", "text/css; charset=utf-8", PLAIN),
        ("/favicon.svg", "image/svg+xml", PLAIN),
        ("/playground/", "text/html; charset=utf-8", SCRIPTED),
        ("/playground/licences.txt", "text/plain; charset=utf-8", SCRIPTED),
    ] {
        let response = get(&server, path, &[]).await;
        assert_eq!(response.status(), 200, "{path}");
        for (name, value) in [
            (header::CONTENT_TYPE, media),
            (header::CONTENT_SECURITY_POLICY, policy),
            (header::REFERRER_POLICY, "no-referrer"),
            (header::CACHE_CONTROL, "no-cache"),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        ] {
            assert_eq!(header_of(&response, name.clone()), value, "{path}: {name}");
        }
    }
}

/// The start page has no script, leads to what there is, and shows an example that works at the address one came by.
#[tokio::test(flavor = "multi_thread")]
async fn the_start_page_leads_on() {
    let server = server().await;
    let page = get(&server, "/", &[]).await.text().await.expect("a text");
    assert!(!page.contains("<script") && !page.contains("style="), "{page}");
    let mut links = values(&page, "href");
    links.sort_unstable();
    // Relative, because a proxy may add a prefix.
    let expected = ["favicon.svg", "healthz", "pages.css", "playground", "readyz", "schema.graphql"];
    assert_eq!(links, expected);
    for link in links {
        assert_eq!(get(&server, &format!("/{link}"), &[]).await.status(), 200, "{link}");
    }
    assert!(page.contains(&format!("http://{}/graphql ", server.address)), "{page}");
    for (host, shown) in [("graph.example.org", "http://graph.example.org/graphql"), ("<b>", "http://127.0.0.1:8000/g")]
    {
        let page = get(&server, "/", &[(header::HOST, host)]).await.text().await.expect("a text");
        assert!(page.contains(shown) && !page.contains("<b>"), "{page}");
    }
}

/// What the playground loads is there, is kept for ever, and comes compressed to those who take that.
#[tokio::test(flavor = "multi_thread")]
async fn assets_are_small_and_kept() {
    let server = server().await;
    let page = playground(&server).await;
    let assets = [values(&page, "href"), values(&page, "src")].concat();
    let assets = assets.into_iter().map(of_playground).filter(|path| path.starts_with("/playground/assets/"));
    let assets: Vec<_> = assets.collect();
    for (ending, media) in
        [(".js", "text/javascript; charset=utf-8"), (".css", "text/css; charset=utf-8"), (".svg", "image/svg+xml")]
    {
        let path = assets.iter().find(|path| path.ends_with(ending)).unwrap_or_else(|| panic!("no {ending} in {page}"));
        let plain = get(&server, path, &[]).await;
        let small = get(&server, path, &[(header::ACCEPT_ENCODING, "gzip, br")]).await;
        for (response, encoding) in [(&plain, ""), (&small, "br")] {
            assert_eq!(response.status(), 200, "{path}");
            assert_eq!(header_of(response, header::CONTENT_TYPE), media);
            assert_eq!(header_of(response, header::CONTENT_SECURITY_POLICY), SCRIPTED);
            assert_eq!(header_of(response, header::REFERRER_POLICY), "no-referrer");
            assert_eq!(header_of(response, header::CACHE_CONTROL), "public, max-age=31536000, immutable");
            assert_eq!(header_of(response, header::VARY), "accept-encoding");
            assert_eq!(header_of(response, header::CONTENT_ENCODING), encoding, "{path}");
        }
        let lengths = [plain, small].map(|response| async { response.bytes().await.expect("a body").len() });
        let [plain, small] = lengths;
        assert!(small.await < plain.await, "{path}");
    }
}

/// Nothing else of the bundle is to be had, and nothing beside it.
#[tokio::test(flavor = "multi_thread")]
async fn there_is_nothing_beside_the_assets() {
    let server = server().await;
    let page = playground(&server).await;
    let asset = of_playground(values(&page, "src")[0]);
    for path in [
        "/playground/index.html",
        "/playground/assets/",
        "/playground/assets/none.js",
        "/playground/assets/..%2Findex.html",
        "/playground/assets/%2E%2E%2F%2E%2E%2Fbuild.rs",
        "/playground/licences.txt.br",
        "/index.html",
        &format!("{asset}.br"),
    ] {
        let response = get(&server, path, &[]).await;
        assert_eq!(response.status(), 404, "{path}");
    }
}

/// A hardened server has nothing for people to see.
#[tokio::test(flavor = "multi_thread")]
async fn a_hardened_server_has_no_pages() {
    let asset = of_playground(values(&playground(&server().await).await, "src")[0]);
    let config = Config { profile: Profile::Hardened, ..Config::default() };
    let server = Server::with(TestDatabase::new(Backend::Sqlite, Data::Empty).await, config).await;
    for path in [
        "/",
        "/pages.css",
        "/favicon.svg",
        "/playground",
        "/playground/",
        "/playground/licences.txt",
        &asset,
        "/schema.graphql",
    ] {
        let response = get(&server, path, &[]).await;
        assert_eq!(response.status(), 404, "{path}");
    }
    assert_eq!(get(&server, "/healthz", &[]).await.status(), 200);
}
