//! GraphQL over WebSocket: the protocol `graphql-transport-ws`, with its close codes.

mod client_message;
mod close;

use std::{collections::HashMap, pin::pin, time::Duration};

use apollo_compiler::{
    executable::OperationType,
    response::{JsonMap, JsonValue},
};
use axum::{
    body::Bytes,
    extract::{
        WebSocketUpgrade,
        ws::{CloseFrame, Message, WebSocket},
    },
    response::Response,
};
use futures_util::{SinkExt, StreamExt};
use tokio::{
    sync::mpsc,
    task::{AbortHandle, JoinSet},
    time::{Instant, MissedTickBehavior, interval_at, sleep_until, timeout},
};

use self::{client_message::ClientMessage, close::Close};
use super::{App, credentials};
use crate::{
    engine::{Answer, Caller, Client, Credentials, Outcome, Request},
    error::{Code, request_error},
    observe::Origin,
};

/// The WebSocket subprotocol.
const PROTOCOL: &str = "graphql-transport-ws";
/// How many messages are queued for a slow client before its operations wait.
const SEND_QUEUE: usize = 32;
/// How long a client may take to receive a message before it is disconnected.
const SEND_TIMEOUT: Duration = Duration::from_secs(10);
/// How often a ping is sent. A client that sends nothing until the next one is disconnected.
const PING_INTERVAL: Duration = Duration::from_secs(30);
/// How often it is checked that the client's key is still valid.
const VALIDITY_INTERVAL: Duration = Duration::from_secs(2);
/// The largest ping whose payload is returned, in bytes.
const MAX_PING_BYTES: usize = 1024;
/// The longest id of an operation, in bytes. It is stored, and repeated in every message.
const MAX_ID_BYTES: usize = 256;

/// Accepts a WebSocket.
pub(super) fn open(upgrade: WebSocketUpgrade, app: App, address: Client, caller: Caller, origin: Origin) -> Response {
    // Messages that are slightly too large are read to their end, and then rejected.
    let max = app.engine.config().max_message_bytes + (16 << 10);
    let upgrade = upgrade.max_message_size(max).max_frame_size(max).protocols([PROTOCOL]);
    upgrade.on_upgrade(move |socket| async move {
        let has_protocol = socket.protocol().is_some_and(|protocol| protocol == PROTOCOL);
        let (sender, messages) = mpsc::channel(SEND_QUEUE);
        let connection = Connection {
            socket,
            app,
            address,
            caller,
            origin,
            running: HashMap::new(),
            tasks: JoinSet::new(),
            sender,
            acknowledged: false,
            is_alive: true,
            stopping: false,
        };
        if has_protocol {
            connection.run(messages).await;
        } else {
            connection.close(Close::new(4406, "Subprotocol not acceptable")).await;
        }
    })
}

/// The client has disconnected, or does not read.
struct Disconnected;

/// A message of an operation to the client.
enum ServerMessage {
    Next(String),
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
    address: Client,
    caller: Caller,
    /// The origin of the upgrade request.
    origin: Origin,
    /// The running operations by their ids. The number distinguishes operations that reuse an id.
    running: HashMap<String, (u64, AbortHandle)>,
    /// The tasks of all operations; they are aborted when the connection is dropped.
    tasks: JoinSet<()>,
    sender: mpsc::Sender<ServerMessage>,
    acknowledged: bool,
    /// Whether anything was received since the last ping.
    is_alive: bool,
    /// Whether the server is shutting down, so that no operations are started.
    stopping: bool,
}

impl Connection {
    async fn run(mut self, mut messages: mpsc::Receiver<ServerMessage>) {
        let init_timeout = Duration::from_millis(self.app.engine.config().init_timeout_ms);
        let mut init_deadline = pin!(sleep_until(Instant::now() + init_timeout));
        let mut stopped = pin!(self.app.shutdown.stopped_owned());
        let mut pings = interval_at(Instant::now() + PING_INTERVAL, PING_INTERVAL);
        pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut validity = interval_at(Instant::now() + VALIDITY_INTERVAL, VALIDITY_INTERVAL);
        validity.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut count = 0;
        let close = loop {
            // Running operations finish first.
            if self.stopping && self.tasks.is_empty() {
                while let Ok(message) = messages.try_recv() {
                    if self.forward(message).await.is_err() {
                        return;
                    }
                }
                break Close::new(1001, "The server is shutting down");
            }
            tokio::select! {
                () = &mut init_deadline, if !self.acknowledged => break Close::new(4408, "Connection initialisation timeout"),
                () = &mut stopped, if !self.stopping => self.stopping = true,
                Some(_) = self.tasks.join_next() => {}
                _ = validity.tick(), if self.caller.viewer.key.is_some() => {
                    if !self.app.engine.is_valid(&self.caller).await {
                        break Close::new(4403, "Forbidden: the API key has expired, or it was revoked");
                    }
                }
                _ = pings.tick() => {
                    // The client is unreachable, or does not finish a message.
                    if !std::mem::take(&mut self.is_alive) || self.send(Message::Ping(Bytes::new())).await.is_err() {
                        return;
                    }
                }
                Some(message) = messages.recv() => {
                    if self.forward(message).await.is_err() {
                        return;
                    }
                }
                received = self.socket.recv() => {
                    self.is_alive = true;
                    match self.receive(received, &mut count).await {
                        Ok(()) => {}
                        Err(Some(close)) => break close,
                        Err(None) => return,
                    }
                }
            }
        };
        self.close(close).await;
    }

    /// Handles what was received. An error ends the connection, with a close frame unless the client has disconnected.
    async fn receive(
        &mut self,
        received: Option<Result<Message, axum::Error>>,
        count: &mut u64,
    ) -> Result<(), Option<Close>> {
        let text = match received {
            Some(Ok(Message::Text(text))) => {
                // What asks for nothing lets others go on, too.
                tokio::task::consume_budget().await;
                text
            }
            // The library has queued the pong: nothing more is read before the client has taken it.
            Some(Ok(Message::Ping(_))) => return self.flush().await.map_err(|Disconnected| None),
            Some(Ok(Message::Pong(_))) => {
                tokio::task::consume_budget().await;
                return Ok(());
            }
            Some(Ok(Message::Binary(_))) => return Err(Some(Close::new(4400, "Invalid message: use text messages"))),
            Some(Ok(Message::Close(_))) => {
                self.tasks.abort_all();
                // The library sends the close frame in reply (RFC 6455, section 5.5.1) when it reads on.
                let _ = timeout(SEND_TIMEOUT, self.socket.recv()).await;
                return Err(None);
            }
            Some(Err(cause)) => return Err(Close::after(&cause, self.max_message_bytes())),
            None => return Err(None),
        };
        if text.len() > self.max_message_bytes() {
            return Err(Some(Close::too_large(self.max_message_bytes())));
        }
        *count += 1;
        match self.handle(&text, *count).await.map_err(Some)? {
            Some(reply) => self.send(Message::text(reply)).await.map_err(|Disconnected| None),
            None => Ok(()),
        }
    }

    fn max_message_bytes(&self) -> usize {
        self.app.engine.config().max_message_bytes
    }

    async fn close(mut self, Close { code, reason }: Close) {
        // If this fails, the client has disconnected. A client that is still sending receives it because the stream lingers.
        let _ = self.send(Message::Close(Some(CloseFrame { code, reason: reason.into() }))).await;
    }

    /// Sends a message of an operation, unless the client has completed the operation.
    async fn forward(&mut self, message: ServerMessage) -> Result<(), Disconnected> {
        let message = match message {
            ServerMessage::Next(message) => message,
            ServerMessage::Last { id, operation, message } => {
                if self.running.get(&id).is_none_or(|(number, _)| *number != operation) {
                    return Ok(());
                }
                self.running.remove(&id);
                message
            }
        };
        self.send(Message::text(message)).await
    }

    async fn send(&mut self, message: Message) -> Result<(), Disconnected> {
        match timeout(SEND_TIMEOUT, self.socket.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(Disconnected),
        }
    }

    async fn flush(&mut self) -> Result<(), Disconnected> {
        match timeout(SEND_TIMEOUT, self.socket.flush()).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(Disconnected),
        }
    }

    /// Handles a message. Returns the reply, if there is one at once; the error closes the connection.
    async fn handle(&mut self, text: &str, number: u64) -> Result<Option<String>, Close> {
        let message =
            ClientMessage::parse(text).map_err(|cause| Close::new(4400, format!("Invalid message: {cause}")))?;
        match message {
            ClientMessage::ConnectionInit { .. } if self.acknowledged => {
                Err(Close::new(4429, "Too many initialisation requests"))
            }
            ClientMessage::ConnectionInit { payload } => {
                self.identify(payload.as_ref(), number).await?;
                self.acknowledged = true;
                Ok(Some(r#"{"type":"connection_ack"}"#.to_owned()))
            }
            ClientMessage::Ping { payload: Some(_) } if text.len() > MAX_PING_BYTES => {
                Err(Close::new(4400, "Invalid message: a ping must not be larger than 1024 bytes"))
            }
            ClientMessage::Ping { payload: Some(payload) } => {
                Ok(Some(serde_json::json!({ "type": "pong", "payload": payload }).to_string()))
            }
            ClientMessage::Ping { payload: None } => Ok(Some(r#"{"type":"pong"}"#.to_owned())),
            ClientMessage::Pong => Ok(None),
            ClientMessage::Subscribe { id, .. } | ClientMessage::Complete { id }
                if id.is_empty() || id.len() > MAX_ID_BYTES =>
            {
                Err(Close::new(4400, format!("Invalid message: an id must have 1 to {MAX_ID_BYTES} bytes")))
            }
            ClientMessage::Subscribe { .. } if !self.acknowledged => Err(Close::new(4401, "Unauthorized")),
            ClientMessage::Subscribe { id, .. } if self.running.contains_key(&id) => {
                Err(Close::new(4409, format!("Subscriber for {id} already exists")))
            }
            ClientMessage::Subscribe { id, payload } => {
                let request = Request::from_value(JsonValue::Object(payload)).map_err(|error| {
                    let origin = self.origin.numbered(number);
                    // The client is told by the close frame.
                    let _ =
                        self.app.engine.refuse(&origin, &self.caller, Code::BadRequest, std::slice::from_ref(&error));
                    Close::new(4400, error.message)
                })?;
                Ok(self.subscribe(id, request, number))
            }
            ClientMessage::Complete { id } => {
                if let Some((_, task)) = self.running.remove(&id) {
                    task.abort();
                }
                Ok(None)
            }
        }
    }

    /// Finds out who the client is, from its first message, or else from the upgrade request.
    async fn identify(&mut self, payload: Option<&JsonMap>, number: u64) -> Result<(), Close> {
        let credentials = credentials::of_payload(payload);
        if credentials == Credentials::None && self.caller.viewer.key.is_some() {
            return Ok(());
        }
        let (engine, origin) = (&self.app.engine, self.origin.numbered(number));
        let found = engine.identify(&origin, self.address, credentials).await;
        self.caller = found.map_err(|answer| match answer.outcome {
            Outcome::Refused(Code::Unauthenticated) => {
                Close::new(4403, "Forbidden: the API key is wrong, has expired or was revoked, or there is none")
            }
            Outcome::Refused(Code::RateLimited) => Close::new(4403, "Forbidden: too many attempts, try again later"),
            // Clients connect again after it.
            _ => Close::new(1013, "Try again later: the API key could not be checked"),
        })?;
        Ok(())
    }

    /// Starts an operation. Returns the reply if it cannot start.
    fn subscribe(&mut self, id: String, request: Request, number: u64) -> Option<String> {
        let origin = self.origin.numbered(number);
        let max = self.app.engine.config().max_operations_per_socket;
        let refused = if self.stopping {
            Some((Code::ServerBusy, "The server is shutting down. Connect again.".to_owned()))
        } else if self.running.len() >= max {
            let message = format!("This connection has {max} running operations. Complete one of them first.");
            Some((Code::TooManySubscriptions, message))
        } else {
            None
        };
        if let Some((code, message)) = refused {
            let answer = self.app.engine.refuse(&origin, &self.caller, code, &[request_error(code, message)]);
            return Some(error_message(&id, &answer));
        }
        let operation = Operation { app: self.app.clone(), id: id.clone(), number, sender: self.sender.clone() };
        let task = self.tasks.spawn(operation.run(request, origin, self.caller.clone()));
        self.running.insert(id, (number, task));
        None
    }
}

/// An operation of a connection.
struct Operation {
    app: App,
    id: String,
    number: u64,
    sender: mpsc::Sender<ServerMessage>,
}

impl Operation {
    async fn run(self, request: Request, origin: Origin, caller: Caller) {
        let engine = &self.app.engine;
        if let Err(answer) = engine.check_caller(&caller).await {
            return self.send_last(error_message(&self.id, &answer)).await;
        }
        let prepared = match engine.prepare(request, &origin, caller, |_| Ok(())) {
            Ok(prepared) => prepared,
            Err(answer) => return self.send_last(error_message(&self.id, &answer)).await,
        };
        if prepared.operation_type() == OperationType::Subscription {
            let answers = match engine.clone().stream(prepared).await {
                Ok(answers) => answers,
                Err(answer) => return self.send_last(error_message(&self.id, &answer)).await,
            };
            let mut answers = pin!(answers.take_until(self.app.shutdown.stopped()));
            while let Some(answer) = answers.next().await {
                if !self.send_next(&answer).await {
                    return;
                }
            }
            if self.app.shutdown.is_stopping() {
                // No `complete`: the client subscribes again after it has reconnected.
                return;
            }
        } else {
            let answer = engine.run(prepared).await;
            if !self.send_next(&answer).await {
                return;
            }
        }
        self.send_last(message("complete", &self.id, None)).await;
    }

    /// Sends a result. Returns whether the operation continues.
    async fn send_next(&self, answer: &Answer) -> bool {
        if answer.errors().is_some() {
            self.send_last(error_message(&self.id, answer)).await;
            return false;
        }
        self.sender.send(ServerMessage::Next(message("next", &self.id, Some(&answer.body)))).await.is_ok()
    }

    async fn send_last(&self, message: String) {
        let last = ServerMessage::Last { id: self.id.clone(), operation: self.number, message };
        // An error means that the connection is closed.
        let _ = self.sender.send(last).await;
    }
}

/// The message that an operation failed.
fn error_message(id: &str, answer: &Answer) -> String {
    message("error", id, Some(answer.errors().unwrap_or(b"[]")))
}

/// A message for an operation; `payload` is JSON.
fn message(ty: &str, id: &str, payload: Option<&[u8]>) -> String {
    let id = serde_json::Value::from(id);
    match payload {
        Some(payload) => {
            format!(r#"{{"type":"{ty}","id":{id},"payload":{}}}"#, String::from_utf8_lossy(payload))
        }
        None => format!(r#"{{"type":"{ty}","id":{id}}}"#),
    }
}
