//! Who sent a request, by the Standard Webhooks specification.

use std::fmt;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::errors::Error;

/// How many signatures of a message are looked at: a sender has one for each of its keys, an attacker has thousands.
const MOST_SIGNATURES: usize = 16;

/// A key that a sender has, too.
#[derive(Clone)]
pub struct Secret(Hmac<Sha256>);

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret")
    }
}

impl Secret {
    /// Reads a secret such as `whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw`.
    ///
    /// # Errors
    ///
    /// [`Error::Secret`] if it is none.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let key = text.strip_prefix("whsec_").ok_or(Error::Secret)?;
        let key = BASE64_STANDARD.decode(key).map_err(|_| Error::Secret)?;
        if !(24..=64).contains(&key.len()) {
            return Err(Error::Secret);
        }
        Hmac::new_from_slice(&key)
            .map(Self)
            .map_err(|_| Error::Secret)
    }

    // region: verify
    /// Whether one of the signatures is that of the message. The comparison takes as long for every wrong one.
    fn signs(&self, id: &str, timestamp: &str, body: &[u8], signatures: &str) -> bool {
        let mut mac = self.0.clone();
        for part in [id.as_bytes(), b".", timestamp.as_bytes(), b".", body] {
            mac.update(part);
        }
        let signatures = signatures
            .split(' ')
            .take(MOST_SIGNATURES)
            .filter_map(|part| part.strip_prefix("v1,"));
        let mut decoded = signatures.filter_map(|part| BASE64_STANDARD.decode(part).ok());
        decoded.any(|signature| mac.clone().verify_slice(&signature).is_ok())
    }
    // endregion: verify
}

/// Why a message is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rejection {
    /// The time is none, or too far from now: a message that somebody recorded, for example.
    Time,
    /// No signature is by any of the secrets.
    Signature,
}

/// Checks a message of `timestamp` at `now`, both in seconds since 1970.
///
/// # Errors
///
/// Why it is not to be believed.
pub fn verify(
    secrets: &[Secret],
    (id, timestamp, signatures): (&str, &str, &str),
    body: &[u8],
    now: u64,
    tolerance: u64,
) -> Result<u64, Rejection> {
    let time: u64 = timestamp.parse().map_err(|_| Rejection::Time)?;
    if time.abs_diff(now) > tolerance {
        return Err(Rejection::Time);
    }
    let mut secrets = secrets.iter();
    if secrets.any(|secret| secret.signs(id, timestamp, body, signatures)) {
        return Ok(time);
    }
    Err(Rejection::Signature)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    // By Python: base64.b64encode(hmac.digest(base64.b64decode(SECRET[6:]), b"msg_1.1700000000.{}", "sha256"))
    const SIGNATURE: &str = "v1,x5lVgj0b/JJJaUYaa1+6I5J/EECcryrPlFN4VrkmI94=";

    fn check(id: &str, time: &str, signatures: &str, body: &[u8]) -> Result<u64, Rejection> {
        let other = Secret::parse("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA").unwrap();
        let secrets = [other, Secret::parse(SECRET).unwrap()];
        verify(&secrets, (id, time, signatures), body, 1_700_000_100, 300)
    }

    #[test]
    fn a_signature_is_of_an_id_a_time_and_a_body() {
        let time = "1700000000";
        assert_eq!(check("msg_1", time, SIGNATURE, b"{}"), Ok(1_700_000_000));
        let several = format!("v1a,x v1,AAAA {SIGNATURE} v1,?");
        assert_eq!(check("msg_1", time, &several, b"{}"), Ok(1_700_000_000));
        let no = Err(Rejection::Signature);
        let thousands = "v1,AAAA ".repeat(MOST_SIGNATURES) + SIGNATURE;
        assert_eq!(check("msg_1", time, &thousands, b"{}"), no);
        assert_eq!(check("msg_2", time, SIGNATURE, b"{}"), no);
        assert_eq!(check("msg_1", "1700000001", SIGNATURE, b"{}"), no);
        assert_eq!(check("msg_1", time, SIGNATURE, b"{ }"), no);
        assert_eq!(check("msg_1", time, "", b"{}"), no);
        assert_eq!(check("msg_1", time, &SIGNATURE[3..], b"{}"), no);
    }

    #[test]
    fn a_message_from_another_time_is_not_believed() {
        for time in [
            "1699999799",
            "1700000401",
            "",
            "-1",
            "1e9",
            "99999999999999999999",
        ] {
            assert_eq!(check("msg_1", time, SIGNATURE, b"{}"), Err(Rejection::Time));
        }
    }

    #[test]
    fn a_secret_is_long_enough() {
        for text in [
            "",
            "whsec_",
            "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "whsec_AAAA",
            "whsec_?",
        ] {
            assert!(Secret::parse(text).is_err());
        }
    }
}
