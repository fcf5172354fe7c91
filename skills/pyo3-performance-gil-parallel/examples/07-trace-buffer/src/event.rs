//! What is recorded, and how Chrome's trace viewers read it.

use std::io::{self, Write};
use std::sync::Arc;

/// Who recorded an event.
#[derive(Debug, PartialEq)]
pub struct Thread {
    pub number: u32,
    pub name: Box<str>,
}

/// Something that a thread did. It owns all that it needs, and nothing of Python: the writer never attaches.
#[derive(Debug)]
pub struct Event {
    pub name: Box<str>,
    pub thread: Arc<Thread>,
    /// Nanoseconds since the recorder was made.
    pub start: u64,
    /// Nanoseconds; nothing if it happened at one point of time.
    pub duration: Option<u64>,
}

// region: write
/// Writes an event as JSON.
///
/// # Errors
///
/// What `output` returns.
pub fn write_event(output: &mut impl Write, event: &Event) -> io::Result<()> {
    output.write_all(b"{\"name\":")?;
    write_text(output, &event.name)?;
    write!(output, ",\"pid\":1,\"tid\":{}", event.thread.number)?;
    output.write_all(b",\"ts\":")?;
    write_microseconds(output, event.start)?;
    match event.duration {
        Some(duration) => {
            output.write_all(b",\"ph\":\"X\",\"dur\":")?;
            write_microseconds(output, duration)?;
        }
        None => output.write_all(b",\"ph\":\"i\",\"s\":\"t\"")?,
    }
    output.write_all(b"}")
}
// endregion: write

/// Writes how viewers are to call a thread.
///
/// # Errors
///
/// What `output` returns.
pub fn write_thread(output: &mut impl Write, thread: &Thread) -> io::Result<()> {
    let number = thread.number;
    write!(
        output,
        "{{\"name\":\"thread_name\",\"ph\":\"M\",\"pid\":1,\"tid\":{number}"
    )?;
    output.write_all(b",\"args\":{\"name\":")?;
    write_text(output, &thread.name)?;
    output.write_all(b"}}")
}

fn write_microseconds(output: &mut impl Write, nanoseconds: u64) -> io::Result<()> {
    write!(output, "{}.{:03}", nanoseconds / 1000, nanoseconds % 1000)
}

/// Writes a string of JSON, which is UTF-8 but for quotes, backslashes and control characters.
fn write_text(output: &mut impl Write, text: &str) -> io::Result<()> {
    output.write_all(b"\"")?;
    let mut rest = text;
    while let Some(place) =
        rest.find(|letter: char| letter < ' ' || letter == '"' || letter == '\\')
    {
        output.write_all(&rest.as_bytes()[..place])?;
        // What `find` looks for has one byte in UTF-8.
        write!(output, "\\u{:04x}", rest.as_bytes()[place])?;
        rest = &rest[place + 1..];
    }
    output.write_all(rest.as_bytes())?;
    output.write_all(b"\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(name: &str, duration: Option<u64>) -> String {
        let thread = Arc::new(Thread {
            number: 7,
            name: "main".into(),
        });
        let event = Event {
            name: name.into(),
            thread,
            start: 12_045,
            duration,
        };
        let mut output = Vec::new();
        write_event(&mut output, &event).unwrap();
        String::from_utf8(output).unwrap()
    }

    #[test]
    fn events_are_json() {
        let span = r#"{"name":"load","pid":1,"tid":7,"ts":12.045,"ph":"X","dur":1000.000}"#;
        assert_eq!(json("load", Some(1_000_000)), span);
        let instant =
            r#"{"name":"é\u0022\u005c\u000a.","pid":1,"tid":7,"ts":12.045,"ph":"i","s":"t"}"#;
        assert_eq!(json("é\"\\\n.", None), instant);
    }

    #[test]
    fn threads_have_names() {
        let mut output = Vec::new();
        let thread = Thread {
            number: 3,
            name: "pool \"1\"".into(),
        };
        write_thread(&mut output, &thread).unwrap();
        let expected = r#"{"name":"thread_name","ph":"M","pid":1,"tid":3,"args":{"name":"pool \u00221\u0022"}}"#;
        assert_eq!(String::from_utf8(output).unwrap(), expected);
    }
}
