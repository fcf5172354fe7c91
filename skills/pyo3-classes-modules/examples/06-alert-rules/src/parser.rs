//! From tokens to rules, and from samples to an answer; nothing here knows of Python.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use crate::errors::{Error, Place, Threshold, UnitError};
use crate::lexer::{Kind, Token, tokens};

/// Deeper than anybody can follow, and far from the end of the stack.
const DEEPEST: usize = 100;

/// A rule with its name.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    pub name: String,
    pub line: usize,
    pub condition: Condition,
}

/// When a rule fires.
#[derive(Clone, Debug, PartialEq)]
pub enum Condition {
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Not(Box<Condition>),
    Compare {
        metric: usize,
        operator: Operator,
        threshold: f64,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Equal,
    NotEqual,
}

impl Condition {
    /// Says whether it holds for the samples, or which metric has none. What is behind a decision isn't looked at.
    pub fn holds(&self, samples: &[Option<f64>]) -> Result<bool, usize> {
        match self {
            Self::All(conditions) => {
                for condition in conditions {
                    if !condition.holds(samples)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Self::Any(conditions) => {
                for condition in conditions {
                    if condition.holds(samples)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Self::Not(condition) => condition.holds(samples).map(|holds| !holds),
            Self::Compare {
                metric,
                operator,
                threshold,
            } => {
                let sample = samples.get(*metric).copied().flatten().ok_or(*metric)?;
                Ok(operator.compare(sample, *threshold))
            }
        }
    }
}

impl Operator {
    fn new(text: &str) -> Option<Self> {
        Some(match text {
            "<" => Self::Less,
            "<=" => Self::LessOrEqual,
            ">" => Self::Greater,
            ">=" => Self::GreaterOrEqual,
            "==" => Self::Equal,
            "!=" => Self::NotEqual,
            _ => return None,
        })
    }

    fn compare(self, sample: f64, threshold: f64) -> bool {
        match self {
            Self::Less => sample < threshold,
            Self::LessOrEqual => sample <= threshold,
            Self::Greater => sample > threshold,
            Self::GreaterOrEqual => sample >= threshold,
            Self::Equal => sample == threshold,
            Self::NotEqual => sample != threshold,
        }
    }
}

/// The rules of a text, and the metrics that they are about.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Document {
    pub rules: Vec<Rule>,
    pub metrics: Vec<String>,
}

/// Reads a text, and returns what is fine with all that is wrong, at most one error a line.
#[must_use]
pub fn parse(text: &str) -> (Document, Vec<Error>) {
    let mut metrics = Metrics::default();
    let mut lines: HashMap<String, usize> = HashMap::new();
    let (mut rules, mut errors) = (Vec::new(), Vec::new());
    for (position, line) in text.lines().enumerate() {
        match parse_line(line, position + 1, &mut metrics) {
            Ok(None) => {}
            Err(error) => errors.push(error),
            Ok(Some((rule, place))) => match lines.entry(rule.name.clone()) {
                Entry::Vacant(entry) => {
                    entry.insert(rule.line);
                    rules.push(rule);
                }
                Entry::Occupied(entry) => errors.push(Error::Duplicate {
                    place,
                    name: rule.name,
                    first: *entry.get(),
                }),
            },
        }
    }
    let metrics = metrics.names;
    (Document { rules, metrics }, errors)
}

#[derive(Default)]
struct Metrics {
    names: Vec<String>,
    positions: HashMap<String, usize>,
}

impl Metrics {
    fn position(&mut self, name: &str) -> usize {
        if let Some(position) = self.positions.get(name) {
            return *position;
        }
        self.names.push(name.to_owned());
        self.positions.insert(name.to_owned(), self.names.len() - 1);
        self.names.len() - 1
    }
}

fn parse_line(
    line: &str,
    number: usize,
    metrics: &mut Metrics,
) -> Result<Option<(Rule, Place)>, Error> {
    let tokens = tokens(line, number);
    let mut parser = Parser {
        tokens: &tokens,
        metrics,
        depth: 0,
    };
    let first = parser.peek();
    if first.kind == Kind::End {
        return Ok(None);
    }
    let name = parser.expect(Kind::Name, "the name of a rule")?;
    parser.expect(Kind::Colon, "`:`")?;
    let condition = parser.any()?;
    parser.expect(Kind::End, "`and`, `or` or the end of the line")?;
    let rule = Rule {
        name: name.text.to_owned(),
        line: number,
        condition,
    };
    Ok(Some((rule, first.place)))
}

struct Parser<'a> {
    /// What is left; the last token is the end, and stays.
    tokens: &'a [Token<'a>],
    metrics: &'a mut Metrics,
    depth: usize,
}

impl<'a> Parser<'a> {
    fn peek(&self) -> Token<'a> {
        self.tokens[0]
    }

    fn take(&mut self) -> Token<'a> {
        let token = self.peek();
        if token.kind != Kind::End {
            self.tokens = &self.tokens[1..];
        }
        token
    }

    fn accept(&mut self, word: &str) -> bool {
        let accepted = self.peek().kind == Kind::Name && self.peek().text == word;
        if accepted {
            self.take();
        }
        accepted
    }

    fn expect(&mut self, kind: Kind, expected: &'static str) -> Result<Token<'a>, Error> {
        if self.peek().kind == kind {
            Ok(self.take())
        } else {
            Err(self.unexpected(expected))
        }
    }

    fn unexpected(&self, expected: &'static str) -> Error {
        let Token { text, place, .. } = self.peek();
        Error::Syntax {
            expected,
            place,
            token: text.to_owned(),
        }
    }

    fn any(&mut self) -> Result<Condition, Error> {
        let mut conditions = vec![self.all()?];
        while self.accept("or") {
            conditions.push(self.all()?);
        }
        Ok(one_or(conditions, Condition::Any))
    }

    fn all(&mut self) -> Result<Condition, Error> {
        let mut conditions = vec![self.condition()?];
        while self.accept("and") {
            conditions.push(self.condition()?);
        }
        Ok(one_or(conditions, Condition::All))
    }

    fn condition(&mut self) -> Result<Condition, Error> {
        let Token { text, place, .. } = self.peek();
        if self.depth == DEEPEST {
            return Err(Error::TooDeep {
                limit: DEEPEST,
                place,
                token: text.to_owned(),
            });
        }
        self.depth += 1;
        let condition = if self.accept("not") {
            Condition::Not(Box::new(self.condition()?))
        } else if self.peek().kind == Kind::Open {
            self.take();
            let condition = self.any()?;
            self.expect(Kind::Close, "`and`, `or` or `)`")?;
            condition
        } else {
            self.comparison()?
        };
        self.depth -= 1;
        Ok(condition)
    }

    fn comparison(&mut self) -> Result<Condition, Error> {
        if ["and", "or"].contains(&self.peek().text) {
            return Err(self.unexpected("a metric, `not` or `(`"));
        }
        let metric = self.expect(Kind::Name, "a metric, `not` or `(`")?;
        let expected = "`<`, `<=`, `>`, `>=`, `==` or `!=`";
        let operator = Operator::new(self.peek().text).ok_or_else(|| self.unexpected(expected))?;
        self.take();
        let token = self.expect(Kind::Number, "a threshold such as `0.9`, `250ms` or `5%`")?;
        let threshold = threshold(token.text).map_err(|source| Error::Threshold {
            source,
            place: token.place,
            token: token.text.to_owned(),
        })?;
        Ok(Condition::Compare {
            metric: self.metrics.position(metric.text),
            operator,
            threshold,
        })
    }
}

fn one_or(mut conditions: Vec<Condition>, many: fn(Vec<Condition>) -> Condition) -> Condition {
    match (conditions.len(), conditions.pop()) {
        (1, Some(only)) => only,
        (_, last) => {
            conditions.extend(last);
            many(conditions)
        }
    }
}

/// Reads a number with a unit as a number of seconds, of bytes, or of ones.
fn threshold(text: &str) -> Result<f64, Threshold> {
    let end = text
        .find(|letter: char| letter.is_alphabetic() || letter == '%')
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let value = number.parse::<f64>()? * scale(unit)?;
    if value.is_finite() {
        Ok(value)
    } else {
        Err(Threshold::TooLarge)
    }
}

fn scale(unit: &str) -> Result<f64, UnitError> {
    Ok(match unit {
        "" | "s" | "B" => 1.0,
        "ms" => 0.001,
        "m" => 60.0,
        "h" => 3600.0,
        "%" => 0.01,
        "KiB" => 1024.0,
        "MiB" => 1024.0 * 1024.0,
        "GiB" => 1024.0 * 1024.0 * 1024.0,
        _ => return Err(UnitError(unit.to_owned())),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn only(condition: &str) -> Document {
        let (document, errors) = parse(&format!("rule: {condition}"));
        assert!(errors.is_empty(), "{condition}: {errors:?}");
        document
    }

    fn holds(condition: &str, samples: &[Option<f64>]) -> Result<bool, usize> {
        only(condition).rules[0].condition.holds(samples)
    }

    #[test]
    fn not_binds_closer_than_and_which_binds_closer_than_or() {
        let yes = [Some(1.0), Some(1.0), Some(1.0)];
        let first = [Some(1.0), Some(0.0), Some(0.0)];
        assert_eq!(holds("a > 0 or b > 0 and c > 0", &first), Ok(true));
        assert_eq!(holds("(a > 0 or b > 0) and c > 0", &first), Ok(false));
        assert_eq!(holds("not a > 0 and b > 0", &first), Ok(false));
        assert_eq!(holds("not (a > 0 and b > 0)", &first), Ok(true));
        assert_eq!(holds("not not a > 0", &yes), Ok(true));
    }

    #[test]
    fn operators_compare() {
        for (operator, expected) in [
            ("<", [true, false, false]),
            ("<=", [true, true, false]),
            (">", [false, false, true]),
            (">=", [false, true, true]),
            ("==", [false, true, false]),
            ("!=", [true, false, true]),
        ] {
            let answers =
                [-1.0, 0.5, 2.0].map(|sample| holds(&format!("a {operator} .5"), &[Some(sample)]));
            assert_eq!(answers, expected.map(Ok), "{operator}");
        }
    }

    #[test]
    fn thresholds_have_units() {
        for (text, value) in [
            ("250ms", 0.25),
            ("-5", -5.0),
            ("5%", 0.05),
            ("2h", 7200.0),
            ("1.5KiB", 1536.0),
        ] {
            assert_eq!(threshold(text).unwrap(), value, "{text}");
        }
        assert!(matches!(threshold("1.2.3"), Err(Threshold::Number(_))));
        assert!(matches!(threshold("5parsec"), Err(Threshold::Unit(_))));
        let huge = "9".repeat(400);
        assert!(matches!(threshold(&huge), Err(Threshold::TooLarge)));
    }

    #[test]
    fn what_is_behind_a_decision_needs_no_sample() {
        assert_eq!(holds("a > 0 or b > 0", &[Some(1.0), None]), Ok(true));
        assert_eq!(holds("a > 0 or b > 0", &[Some(0.0), None]), Err(1));
        assert_eq!(holds("b > 0", &[]), Err(0));
    }

    #[test]
    fn no_text_is_nested_too_deeply_for_the_stack() {
        let (_, errors) = parse(&format!("a: {}", "not ( ".repeat(100_000)));
        assert!(matches!(errors[..], [Error::TooDeep { limit: 100, .. }]));
    }

    #[test]
    fn no_part_of_a_text_panics() {
        let text = "größe: (not a.b <= 5% and c_1 != -.5GiB) # é\n\tb: x > 1e5";
        for (start, _) in text.char_indices() {
            for (end, _) in text.char_indices().filter(|(end, _)| *end >= start) {
                let _ = parse(&text[start..end]);
            }
        }
    }
}
