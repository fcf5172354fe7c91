//! Answers that still hold.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Instant;

use crate::message::{Answer, Question};

/// Keeps the answers to a limited number of questions.
pub struct Cache {
    answers: HashMap<Question, (Instant, Vec<IpAddr>)>,
    capacity: usize,
}

impl Cache {
    pub fn new(capacity: usize) -> Self {
        Self {
            answers: HashMap::new(),
            capacity,
        }
    }

    /// Returns the addresses that were the answer, if they hold at a time.
    pub fn get(&self, question: &Question, now: Instant) -> Option<Vec<IpAddr>> {
        let (end, addresses) = self.answers.get(question)?;
        (now < *end).then(|| addresses.clone())
    }

    /// Keeps an answer; if all that is there still holds, there is no room for it.
    pub fn insert(&mut self, question: Question, answer: &Answer, now: Instant) {
        if self.answers.len() >= self.capacity {
            self.answers.retain(|_, (end, _)| now < *end);
        }
        // A server's lifetimes may be longer than a clock can count.
        let end = now.checked_add(answer.lifetime);
        if let (Some(end), true) = (end, self.answers.len() < self.capacity) {
            self.answers
                .insert(question, (end, answer.addresses.clone()));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::message::Kind;

    #[test]
    fn an_answer_holds_for_its_lifetime_and_then_makes_room() {
        let (start, second) = (Instant::now(), Duration::from_secs(1));
        let answer = Answer {
            addresses: vec![IpAddr::from([192, 0, 2, 1])],
            lifetime: second,
        };
        let question = |name| Question::new(name, Kind::A).unwrap();
        let mut cache = Cache::new(1);
        cache.insert(question("a"), &answer, start);
        cache.insert(question("b"), &answer, start);
        assert_eq!(
            cache.get(&question("a"), start),
            Some(answer.addresses.clone())
        );
        assert_eq!(cache.get(&question("b"), start), None);
        assert_eq!(cache.get(&question("a"), start + second), None);
        cache.insert(question("b"), &answer, start + second);
        assert!(cache.get(&question("b"), start + second).is_some());
        assert_eq!(cache.answers.len(), 1);
    }
}
