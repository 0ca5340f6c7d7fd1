//! Publish and subscribe for the program around the server: messages as a stream, without a connection.
//!
//! A listener stands among those of the registry (`pubsub.rs`) with a mailbox of its own, as a client does, and the same limit holds for what it leaves
//! unread. It is no client: it has a number, and CLIENT LIST does not show it.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker, ready};

use bytes::{Bytes, BytesMut};
use futures_core::Stream;
use pyredis_protocol::{ClientCodec, Frame};
use tokio_util::codec::Decoder;

use crate::clients::client::Client;
use crate::clients::shown::State;
use crate::connection::stream::NO_PORT;
use crate::lifecycle::Phase;
use crate::pubsub::Kind;
use crate::running::RunningServer;
use crate::shared::Shared;

/// Something that was published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Where it was published.
    pub channel: Bytes,
    /// The pattern that the channel matches, for who listens to patterns.
    pub pattern: Option<Bytes>,
    /// What was published.
    pub payload: Bytes,
}

/// Messages as they are published: see [`RunningServer::subscribe`]. A stream; dropping it ends it.
///
/// It ends when the server does, or when more is left unread than `client-output-buffer-limit` allows listeners.
pub struct Subscription {
    shared: Arc<Shared>,
    listener: Arc<Client>,
    bell: Arc<Bell>,
    kind: Kind,
    names: Vec<Bytes>,
    /// Ready when the server has ended; none once it was.
    ended: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
}

/// Wakes whoever waits for a message.
#[derive(Default)]
struct Bell(Mutex<Option<Waker>>);

impl Bell {
    fn set(&self, waker: &Waker) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(waker.clone());
    }
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        let waker = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        waker.into_iter().for_each(Waker::wake);
    }
}

impl RunningServer {
    /// Listens to channels: what is published there from here on, by clients or by [`publish`](Self::publish). O(channels).
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// use pyredis_server::Server;
    ///
    /// let server = Server::builder().ephemeral().start().await?;
    /// let mut news = server.subscribe(["news"]);
    /// assert_eq!(server.publish("news", "hello"), 1);
    /// let message = news.next().await.ok_or("the server has ended")?;
    /// assert_eq!((message.channel, message.payload), ("news".into(), "hello".into()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn subscribe<C: AsRef<[u8]>>(&self, channels: impl AsRef<[C]>) -> Subscription {
        Subscription::begin(&self.shared, Kind::Channel, channels.as_ref())
    }

    /// The same for all channels whose names match one of these glob patterns, such as `news.*`; keyspace notifications among them, where
    /// `notify-keyspace-events` asks for them.
    pub fn subscribe_patterns<P: AsRef<[u8]>>(&self, patterns: impl AsRef<[P]>) -> Subscription {
        Subscription::begin(&self.shared, Kind::Pattern, patterns.as_ref())
    }

    /// Publishes a message, as PUBLISH does. Returns how many listeners get it. O(receivers + patterns).
    pub fn publish(&self, channel: impl AsRef<[u8]>, payload: impl AsRef<[u8]>) -> usize {
        self.shared.pubsub.publish(channel.as_ref(), payload.as_ref())
    }
}

impl Subscription {
    fn begin<N: AsRef<[u8]>>(shared: &Arc<Shared>, kind: Kind, names: &[N]) -> Self {
        let bell = Arc::new(Bell::default());
        let (id, now) = (shared.clients.next_id(), shared.store.now());
        let listener = Arc::new(Client::new(id, (NO_PORT, NO_PORT), -1, now, Waker::from(Arc::clone(&bell))));
        // Messages come as pushes of RESP3.
        let mut showing = listener.shown.get();
        showing.state = State::RESP3;
        listener.shown.show(&showing);
        let names: Vec<Bytes> = names.iter().map(|name| Bytes::copy_from_slice(name.as_ref())).collect();
        names.iter().for_each(|name| shared.pubsub.subscribe(kind, name, &listener));
        let there = Arc::clone(shared);
        let ended = Box::pin(async move {
            there.lifecycle.wait_until(|phase| phase == Phase::Stopped).await;
        });
        Self { shared: Arc::clone(shared), listener, bell, kind, names, ended: Some(ended) }
    }

    /// The next message; `None` when it has ended, and from then on. Loses nothing when it is dropped before.
    pub async fn next(&mut self) -> Option<Message> {
        poll_fn(|context| self.poll_message(context)).await
    }

    fn poll_message(&mut self, context: &mut Context<'_>) -> Poll<Option<Message>> {
        // First, so that whoever delivers after the look finds whom to wake.
        self.bell.set(context.waker());
        let mailbox = &self.listener.mailbox;
        let mut delivered = None;
        // One at a time: what is not asked for yet counts as unread.
        mailbox.take(1, |message| delivered = Some(message));
        if let Some(message) = delivered {
            mailbox.sent();
            return Poll::Ready(read(&message));
        }
        if mailbox.is_killed() {
            return Poll::Ready(None);
        }
        if let Some(ended) = &mut self.ended {
            ready!(ended.as_mut().poll(context));
            self.ended = None;
        }
        Poll::Ready(None)
    }
}

/// A message out of the push that it came in.
fn read(push: &[u8]) -> Option<Message> {
    let Ok(Some(Frame::Push(parts))) = ClientCodec::default().decode(&mut BytesMut::from(push)) else { return None };
    let mut parts =
        parts.into_iter().skip(1).map(|part| if let Frame::Bulk(bytes) = part { bytes } else { Bytes::new() });
    let (first, second, third) = (parts.next()?, parts.next()?, parts.next());
    Some(match third {
        Some(payload) => Message { channel: second, pattern: Some(first), payload },
        None => Message { channel: first, pattern: None, payload: second },
    })
}

impl Stream for Subscription {
    type Item = Message;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Message>> {
        self.poll_message(context)
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.names.iter().for_each(|name| self.shared.pubsub.unsubscribe(self.kind, name, self.listener.id));
    }
}

impl fmt::Debug for Subscription {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Subscription").field("names", &self.names.len()).finish_non_exhaustive()
    }
}
