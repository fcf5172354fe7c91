//! What is done to texts; nothing here knows of Python.

use std::borrow::Cow;

const BLANKS: [char; 2] = [' ', '\t'];

// region: cow
/// Makes every line end `\n`, and removes spaces and tabs before it.
///
/// What is borrowed is the whole text: callers take it to mean that nothing has changed.
#[must_use]
pub fn clean(text: &str) -> Cow<'_, str> {
    if is_clean(text) {
        return Cow::Borrowed(text);
    }
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let lines: Vec<_> = text
        .split('\n')
        .map(|line| line.trim_end_matches(BLANKS))
        .collect();
    Cow::Owned(lines.join("\n"))
}
// endregion: cow

fn is_clean(text: &str) -> bool {
    !text.contains('\r') && !text.split('\n').any(|line| line.ends_with(BLANKS))
}

/// Returns how many `\r\n`, `\n` and `\r` there are.
#[must_use]
pub fn line_ends(data: &[u8]) -> (usize, usize, usize) {
    let both = data.windows(2).filter(|pair| pair == b"\r\n").count();
    let count = |end| data.iter().filter(|byte| **byte == end).count() - both;
    (both, count(b'\n'), count(b'\r'))
}

/// Returns where the first of the texts with the most characters is.
pub fn longest<Text: AsRef<str>>(texts: &[Text]) -> Option<usize> {
    // Of equal ones max_by_key returns the last.
    (0..texts.len())
        .rev()
        .max_by_key(|position| texts[*position].as_ref().chars().count())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_ends_become_one_kind() {
        assert_eq!(clean("a\r\nb\rc\n\r\n"), "a\nb\nc\n\n");
    }

    #[test]
    fn blanks_before_a_line_end_go() {
        assert_eq!(clean("  a \t\r\n\tb  "), "  a\n\tb");
    }

    #[test]
    fn a_clean_text_is_borrowed_whole() {
        let text = "  a\n\n\tb\n";
        assert!(matches!(clean(text), Cow::Borrowed(same) if same == text));
    }

    #[test]
    fn cleaning_twice_changes_nothing_more() {
        let once = clean("a \r\r\n b\t\n").into_owned();
        assert!(matches!(clean(&once), Cow::Borrowed(_)));
    }

    #[test]
    fn line_ends_are_counted_once() {
        assert_eq!(line_ends(b"a\r\nb\r\r\nc\n"), (2, 1, 1));
        assert_eq!(line_ends(b""), (0, 0, 0));
    }

    #[test]
    fn the_first_of_the_longest_is_found() {
        assert_eq!(longest(&["a", "été", "ete"]), Some(1));
        assert_eq!(longest::<&str>(&[]), None);
    }
}
