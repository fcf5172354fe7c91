//! The words of a text.

use std::collections::HashSet;

/// Bytes of a word; what is longer is no word that anyone looks for.
const LONGEST: usize = 64;

/// Words that are in so many texts that nobody looks for them.
pub type StopWords = HashSet<Box<str>>;

/// Hands each word of a text to `take`, in lower case, without stop words.
///
/// # Errors
///
/// What `take` returns, which ends it.
pub fn for_each_word<E>(
    text: &str,
    stop_words: &StopWords,
    mut take: impl FnMut(&str) -> Result<(), E>,
) -> Result<(), E> {
    // One string for all words, so that none takes memory of its own.
    let mut word = String::new();
    for part in text.split(|letter: char| !letter.is_alphanumeric()) {
        if part.is_empty() || part.len() > LONGEST {
            continue;
        }
        word.clear();
        word.extend(part.chars().flat_map(char::to_lowercase));
        if !stop_words.contains(word.as_str()) {
            take(&word)?;
        }
    }
    Ok(())
}

/// Reads a list with a word in each line, and comments after `#`.
#[must_use]
pub fn parse_stop_words(text: &str) -> StopWords {
    text.lines()
        .map(|line| line.split('#').next().unwrap_or_default().trim())
        .filter(|word| !word.is_empty())
        .map(|word| word.to_lowercase().into())
        .collect()
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    #[test]
    fn words_are_letters_and_digits_in_lower_case() {
        let stop_words = parse_stop_words("# articles\nThe\n a # one letter\n\n");
        assert_eq!(stop_words.len(), 2);
        let mut words = Vec::new();
        let text = format!("The Über-cat, A 2nd cat's\u{0}ΣΊΣΥΦΟΣ {}", "x".repeat(65));
        let Ok(()) = for_each_word(&text, &stop_words, |word| {
            words.push(word.to_owned());
            Ok::<_, Infallible>(())
        });
        assert_eq!(words, ["über", "cat", "2nd", "cat", "s", "σίσυφοσ"]);
    }
}
