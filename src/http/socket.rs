//! Operations over a WebSocket: the protocol `graphql-transport-ws`, with its close codes.

use std::{collections::HashMap, pin::pin, time::Duration};

use apollo_compiler::{executable::OperationType, response::JsonValue};
use axum::{
    body::Bytes,
    extract::{
        WebSocketUpgrade,
        ws::{CloseFrame, Message, WebSocket},
    },
    response::Response,
};
use futures_util::StreamExt;
use serde::Deserialize;
use tokio::{
    sync::mpsc,
    task::{AbortHandle, JoinSet},
    time::{Instant, MissedTickBehavior, interval_at, sleep_until, timeout},
};

use super::App;
use crate::{
    engine::{Answer, Caller, Request},
    error::{Code, request_error},
    observe::Origin,
};

/// The subprotocol.
const PROTOCOL: &str = "graphql-transport-ws";
/// How many answers wait for a slow client before its operations wait, too.
const QUEUE: usize = 32;
/// How long a client may take to read a message, before it is given up.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often a client is asked whether it is still there; it has as long to answer.
const HEARTBEAT: Duration = Duration::from_secs(30);
/// How many bytes of a ping are given back.
const PING: usize = 1024;
/// How many bytes the id of an operation may have: it is kept, and stands in every answer.
const ID: usize = 256;
const TOO_LARGE: &str = "the message is too large";
/// A close reason may have so many bytes (RFC 6455, section 5.5).
const REASON: usize = 123;

/// Takes a request for a WebSocket.
pub(super) fn open(upgrade: WebSocketUpgrade, app: App, caller: Caller, origin: Origin) -> Response {
    // A little more than is allowed is read, so that the client hears why the connection is closed.
    let most = app.engine.config().max_message_bytes + (16 << 10);
    let upgrade = upgrade.max_message_size(most).max_frame_size(most).protocols([PROTOCOL]);
    upgrade.on_upgrade(move |socket| async move {
        let speaks = socket.protocol().is_some_and(|protocol| protocol == PROTOCOL);
        let (sender, outbox) = mpsc::channel(QUEUE);
        let connection = Connection {
            socket,
            app,
            caller,
            origin,
            running: HashMap::new(),
            tasks: JoinSet::new(),
            sender,
            acknowledged: false,
            is_alive: true,
            stops: false,
        };
        if speaks {
            connection.run(outbox).await;
        } else {
            connection.close(Close::new(4406, "Subprotocol not acceptable")).await;
        }
    })
}

/// A message of a client.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Said {
    ConnectionInit {
        #[serde(default, rename = "payload")]
        _payload: Option<serde_json::Map<String, serde_json::Value>>,
    },
    Ping {
        #[serde(default)]
        payload: Option<serde_json::Map<String, serde_json::Value>>,
    },
    Pong {
        #[serde(default, rename = "payload")]
        _payload: Option<serde_json::Map<String, serde_json::Value>>,
    },
    Subscribe {
        id: String,
        payload: JsonValue,
    },
    Complete {
        id: String,
    },
}

/// The client is gone, or does not read.
struct Gone;

/// Why a connection is closed.
struct Close {
    code: u16,
    reason: String,
}

impl Close {
    fn new(code: u16, reason: impl Into<String>) -> Self {
        let mut reason: String = reason.into();
        let mut end = reason.len().min(REASON);
        while !reason.is_char_boundary(end) {
            end -= 1;
        }
        reason.truncate(end);
        Self { code, reason }
    }
}

/// What an operation says to the client.
enum News {
    Message(String),
    /// The last message of the operation, if it has one.
    Last {
        id: String,
        operation: u64,
        message: String,
    },
}

struct Connection {
    socket: WebSocket,
    app: App,
    caller: Caller,
    /// Where the connection came from.
    origin: Origin,
    /// The operations that run, by their ids; the numbers tell those apart that had one id one after the other.
    running: HashMap<String, (u64, AbortHandle)>,
    /// Ends all operations with the connection.
    tasks: JoinSet<()>,
    sender: mpsc::Sender<News>,
    acknowledged: bool,
    /// Whether anything was heard since the last ping of ours.
    is_alive: bool,
    /// Whether the server stops: nothing new is begun.
    stops: bool,
}

impl Connection {
    async fn run(mut self, mut outbox: mpsc::Receiver<News>) {
        let patience = Duration::from_millis(self.app.engine.config().init_timeout_ms);
        let mut waited = pin!(sleep_until(Instant::now() + patience));
        let mut stopped = pin!(self.app.stopping.clone().cancelled_owned());
        let mut pings = interval_at(Instant::now() + HEARTBEAT, HEARTBEAT);
        pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut count = 0;
        let close = loop {
            // What runs is answered first, as elsewhere.
            if self.stops && self.tasks.is_empty() {
                while let Ok(news) = outbox.try_recv() {
                    if self.tell(news).await.is_err() {
                        return;
                    }
                }
                break Close::new(1001, "the server stops");
            }
            tokio::select! {
                () = &mut waited, if !self.acknowledged => break Close::new(4408, "Connection initialisation timeout"),
                () = &mut stopped, if !self.stops => self.stops = true,
                Some(_) = self.tasks.join_next() => {}
                _ = pings.tick() => {
                    // Gone without a word, or in the middle of a message that it does not end.
                    if !std::mem::take(&mut self.is_alive) || self.say(Message::Ping(Bytes::new())).await.is_err() {
                        return;
                    }
                }
                Some(news) = outbox.recv() => {
                    if self.tell(news).await.is_err() {
                        return;
                    }
                }
                heard = self.socket.recv() => {
                    self.is_alive = true;
                    match self.take(heard, &mut count).await {
                        Ok(()) => {}
                        Err(Some(close)) => break close,
                        Err(None) => return,
                    }
                }
            }
        };
        self.close(close).await;
    }

    /// Takes what came over the WebSocket; the error ends the connection, with a word or, if nobody listens, without.
    async fn take(
        &mut self,
        heard: Option<Result<Message, axum::Error>>,
        count: &mut u64,
    ) -> Result<(), Option<Close>> {
        let text = match heard {
            Some(Ok(Message::Text(text))) => text,
            // Those of the WebSocket itself are answered by the library.
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => return Ok(()),
            Some(Ok(Message::Binary(_))) => return Err(Some(Close::new(4400, "messages are text"))),
            Some(Err(cause)) if is_too_large(&cause) => return Err(Some(Close::new(1009, TOO_LARGE))),
            None | Some(Ok(Message::Close(_)) | Err(_)) => return Err(None),
        };
        if text.len() > self.app.engine.config().max_message_bytes {
            return Err(Some(Close::new(1009, TOO_LARGE)));
        }
        *count += 1;
        match self.hear(&text, *count).map_err(Some)? {
            Some(reply) => self.say(Message::text(reply)).await.map_err(|Gone| None),
            None => Ok(()),
        }
    }

    async fn close(mut self, Close { code, reason }: Close) {
        // A client that is gone needs no close frame. One that is still sending receives it, because the stream lingers.
        let _ = self.say(Message::Close(Some(CloseFrame { code, reason: reason.into() }))).await;
    }

    /// Passes on what an operation says, unless the client has completed it.
    async fn tell(&mut self, news: News) -> Result<(), Gone> {
        let message = match news {
            News::Message(message) => message,
            News::Last { id, operation, message } => {
                if self.running.get(&id).is_none_or(|(number, _)| *number != operation) {
                    return Ok(());
                }
                self.running.remove(&id);
                message
            }
        };
        self.say(Message::text(message)).await
    }

    /// Sends a message to a client that reads; one that does not is given up.
    async fn say(&mut self, message: Message) -> Result<(), Gone> {
        match timeout(PATIENCE, self.socket.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(Gone),
        }
    }

    /// Takes a message; gives what is to be replied at once, or why the connection is closed.
    fn hear(&mut self, text: &str, number: u64) -> Result<Option<String>, Close> {
        let said = serde_json::from_str(text).map_err(|cause| Close::new(4400, format!("Invalid message: {cause}")))?;
        match said {
            Said::ConnectionInit { .. } if self.acknowledged => {
                Err(Close::new(4429, "Too many initialisation requests"))
            }
            Said::ConnectionInit { .. } => {
                self.acknowledged = true;
                Ok(Some(r#"{"type":"connection_ack"}"#.to_owned()))
            }
            Said::Ping { payload: Some(_) } if text.len() > PING => {
                Err(Close::new(4400, "Invalid message: a ping has at most 1024 bytes"))
            }
            Said::Ping { payload: Some(payload) } => {
                Ok(Some(serde_json::json!({ "type": "pong", "payload": payload }).to_string()))
            }
            Said::Ping { payload: None } => Ok(Some(r#"{"type":"pong"}"#.to_owned())),
            Said::Pong { .. } => Ok(None),
            Said::Subscribe { id, .. } | Said::Complete { id } if id.is_empty() || id.len() > ID => {
                Err(Close::new(4400, format!("Invalid message: an id has 1 to {ID} bytes")))
            }
            Said::Subscribe { .. } if !self.acknowledged => Err(Close::new(4401, "Unauthorized")),
            Said::Subscribe { id, .. } if self.running.contains_key(&id) => {
                Err(Close::new(4409, format!("Subscriber for {id} already exists")))
            }
            Said::Subscribe { id, payload } => {
                let request = Request::from_value(payload).map_err(|wrong| {
                    let origin = self.origin.numbered(number);
                    self.app.engine.refuse(&origin, self.caller, Code::BadRequest, std::slice::from_ref(&wrong));
                    Close::new(4400, wrong.message)
                })?;
                Ok(self.subscribe(id, request, number))
            }
            Said::Complete { id } => {
                if let Some((_, task)) = self.running.remove(&id) {
                    task.abort();
                }
                Ok(None)
            }
        }
    }

    /// Begins an operation; gives what is to be replied if it cannot begin.
    fn subscribe(&mut self, id: String, request: Request, number: u64) -> Option<String> {
        let origin = self.origin.numbered(number);
        let most = self.app.engine.config().max_operations_per_socket;
        let refused = if self.stops {
            Some((Code::ServerBusy, "the server stops: connect again".to_owned()))
        } else if self.running.len() >= most {
            let message = format!("{most} operations run on this connection: complete one of them first");
            Some((Code::TooManySubscriptions, message))
        } else {
            None
        };
        if let Some((code, message)) = refused {
            let answer = self.app.engine.refuse(&origin, self.caller, code, &[request_error(code, message)]);
            return Some(failed(&id, &answer));
        }
        let operation = Operation { app: self.app.clone(), id: id.clone(), number, sender: self.sender.clone() };
        let task = self.tasks.spawn(operation.run(request, origin, self.caller));
        self.running.insert(id, (number, task));
        None
    }
}

/// An operation of a connection.
struct Operation {
    app: App,
    id: String,
    number: u64,
    sender: mpsc::Sender<News>,
}

impl Operation {
    async fn run(self, request: Request, origin: Origin, caller: Caller) {
        let engine = &self.app.engine;
        let prepared = match engine.prepare(request, &origin, caller, |_| Ok(())) {
            Ok(prepared) => prepared,
            Err(answer) => return self.last(failed(&self.id, &answer)).await,
        };
        if prepared.kind() == OperationType::Subscription {
            let answers = match engine.clone().stream(prepared).await {
                Ok(answers) => answers,
                Err(answer) => return self.last(failed(&self.id, &answer)).await,
            };
            let mut answers = pin!(answers.take_until(self.app.stopping.cancelled()));
            while let Some(answer) = answers.next().await {
                if !self.next(&answer).await {
                    return;
                }
            }
            if self.app.stopping.is_cancelled() {
                // It is not complete: its client asks again where it connects again.
                return;
            }
        } else {
            let answer = engine.run(prepared).await;
            if !self.next(&answer).await {
                return;
            }
        }
        self.last(message("complete", &self.id, None)).await;
    }

    /// Sends an answer; says whether the operation goes on.
    async fn next(&self, answer: &Answer) -> bool {
        if answer.errors().is_some() {
            self.last(failed(&self.id, answer)).await;
            return false;
        }
        self.sender.send(News::Message(message("next", &self.id, Some(&answer.body)))).await.is_ok()
    }

    async fn last(&self, message: String) {
        let last = News::Last { id: self.id.clone(), operation: self.number, message };
        // A connection that is gone needs no news.
        let _ = self.sender.send(last).await;
    }
}

/// The message that an operation was not run, or not to its end.
fn failed(id: &str, answer: &Answer) -> String {
    message("error", id, Some(answer.errors().unwrap_or(b"[]")))
}

/// A message about an operation; `payload` is JSON.
fn message(ty: &str, id: &str, payload: Option<&[u8]>) -> String {
    let id = serde_json::Value::from(id);
    match payload {
        Some(payload) => {
            format!(r#"{{"type":"{ty}","id":{id},"payload":{}}}"#, String::from_utf8_lossy(payload))
        }
        None => format!(r#"{{"type":"{ty}","id":{id}}}"#),
    }
}

fn is_too_large(cause: &axum::Error) -> bool {
    use tokio_tungstenite::tungstenite::Error;
    let inner = std::error::Error::source(cause).and_then(|cause| cause.downcast_ref::<Error>());
    matches!(inner, Some(Error::Capacity(_)))
}
