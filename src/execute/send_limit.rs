//! The messages that are sent before the first of them is answered: a limited number, whatever the size of a script.

use std::collections::VecDeque;

use super::message::Message;
use crate::chain::text::Changed;
use crate::connect::Sent;
use crate::lock::Held;

/// The limit of unanswered bytes, which both sides keep in memory.
pub(super) const BYTES: usize = 1 << 20;
/// The limit of unanswered messages, each of which needs some memory.
const MESSAGES: usize = 1024;

/// True if all these messages may be unanswered at once.
pub(super) fn takes_at_once(messages: &[Message<'_>]) -> bool {
    messages.len() <= MESSAGES && messages.iter().map(Message::size).sum::<usize>() <= BYTES
}

/// The unanswered messages of a pipeline.
#[derive(Default)]
pub(super) struct Ahead {
    sent: VecDeque<(Sent, usize)>,
    bytes: usize,
    /// The number of sent messages, including answered ones.
    number: usize,
}

impl Ahead {
    /// Continues to send when half of the limit is free, so several messages go to the network at once.
    ///
    /// # Errors
    /// The file of a text has changed: the message and everything behind it are not sent.
    pub(super) async fn fill(&mut self, messages: &[Message<'_>], held: &Held) -> Result<(), Changed> {
        if self.sent.len() > MESSAGES / 2 || self.bytes > BYTES / 2 {
            return Ok(());
        }
        while self.sent.len() < MESSAGES
            && self.bytes < BYTES
            && let Some(message) = messages.get(self.number)
        {
            let sent = held.session().send(&message.send(&message.text()?)).await;
            self.sent.push_back((sent, message.size()));
            self.bytes += message.size();
            self.number += 1;
        }
        Ok(())
    }

    pub(super) fn is_all_of(&self, messages: &[Message<'_>]) -> bool {
        self.number == messages.len()
    }

    /// The message that is answered next.
    pub(super) fn take(&mut self) -> Option<Sent> {
        let (sent, size) = self.sent.pop_front()?;
        self.bytes -= size;
        Some(sent)
    }
}
