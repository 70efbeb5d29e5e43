//! Messages that are sent before the first of them is answered: so many, whatever the size of a script.

use std::collections::VecDeque;

use super::pipeline::Message;
use crate::connect::Sent;
use crate::lock::Held;

/// So many bytes are under way at once: they wait in memory on both sides.
pub(super) const BYTES: usize = 1 << 20;
/// And so many messages: each waits for its answer in some memory of its own.
const MESSAGES: usize = 1024;

/// True where all of these messages are under way together.
pub(super) fn takes_at_once(messages: &[Message<'_>]) -> bool {
    messages.len() <= MESSAGES && messages.iter().map(Message::size).sum::<usize>() <= BYTES
}

/// The messages of a part of a pipeline that are sent and not answered.
#[derive(Default)]
pub(super) struct Ahead {
    sent: VecDeque<(Sent, usize)>,
    bytes: usize,
    /// How many were sent, the answered among them.
    number: usize,
}

impl Ahead {
    /// Sends on where half of the room is free, so that several messages go to the network at once.
    pub(super) async fn fill(&mut self, messages: &[Message<'_>], held: &Held) {
        if self.sent.len() > MESSAGES / 2 || self.bytes > BYTES / 2 {
            return;
        }
        while self.sent.len() < MESSAGES
            && self.bytes < BYTES
            && let Some(message) = messages.get(self.number)
        {
            let sent = held.session().send(&message.send()).await;
            self.sent.push_back((sent, message.size()));
            self.bytes += message.size();
            self.number += 1;
        }
    }

    pub(super) fn is_all_of(&self, messages: &[Message<'_>]) -> bool {
        self.number == messages.len()
    }

    /// The one that is answered next.
    pub(super) fn take(&mut self) -> Option<Sent> {
        let (sent, size) = self.sent.pop_front()?;
        self.bytes -= size;
        Some(sent)
    }
}
