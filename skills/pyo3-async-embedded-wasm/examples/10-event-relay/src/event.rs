//! What is relayed: one line of JSON.

use std::sync::Arc;

use serde_json::Value;

use crate::errors::Rejection;

/// A line that was checked.
#[derive(Clone, Debug)]
pub struct Event {
    /// What it is about.
    pub topic: Arc<str>,
    /// What was sent, and its line end.
    pub line: Arc<[u8]>,
}

/// Whether a text can be a topic, or the begin of one.
pub fn is_topic(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    text.len() <= 200 && text.bytes().all(fits)
}

impl Event {
    /// Checks a line.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn parse(mut line: Vec<u8>) -> Result<Self, Rejection> {
        let value: Value = serde_json::from_slice(&line).map_err(|_| Rejection::Json)?;
        let topic = value.get("topic").and_then(Value::as_str);
        let topic = topic.ok_or(Rejection::Object)?;
        if topic.is_empty() || !is_topic(topic) {
            return Err(Rejection::Topic);
        }
        // In JSON a line end stands between values only, where a space is as good.
        for byte in line
            .iter_mut()
            .filter(|byte| matches!(**byte, b'\n' | b'\r'))
        {
            *byte = b' ';
        }
        line.push(b'\n');
        Ok(Self {
            topic: topic.into(),
            line: line.into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_has_a_topic_and_is_one_line() {
        let event = Event::parse(b"{\"topic\":\n\"a.b\"}\r".to_vec()).unwrap();
        assert_eq!(&*event.topic, "a.b");
        assert_eq!(&*event.line, b"{\"topic\": \"a.b\"} \n");
    }

    #[test]
    fn what_is_none_has_a_reason() {
        let long = format!("{{\"topic\": \"{}\"}}", "a".repeat(201));
        for (line, rejection) in [
            ("", Rejection::Json),
            ("{", Rejection::Json),
            ("{} {}", Rejection::Json),
            ("[1]", Rejection::Object),
            ("{}", Rejection::Object),
            ("{\"topic\": 1}", Rejection::Object),
            ("{\"topic\": \"\"}", Rejection::Topic),
            ("{\"topic\": \"a b\"}", Rejection::Topic),
            (&long, Rejection::Topic),
        ] {
            assert_eq!(Event::parse(line.into()).unwrap_err(), rejection, "{line}");
        }
        assert_eq!(
            Event::parse(vec![b'['; 100_000]).unwrap_err(),
            Rejection::Json
        );
        assert_eq!(
            Event::parse(b"\"\xff\"".to_vec()).unwrap_err(),
            Rejection::Json
        );
    }
}
