//! The bytes of the log: a mark, then one record a transaction; nothing here knows of Python or of files.

use std::collections::BTreeMap;

use crate::errors::Error;

/// What a store holds.
pub type Map = BTreeMap<Vec<u8>, Vec<u8>>;
/// What a transaction changes: values, and None for keys to delete.
pub type Batch = BTreeMap<Vec<u8>, Option<Vec<u8>>>;

/// What a log begins with; the digit is the version.
pub const MARK: &[u8; 8] = b"LOGSTOR1";
/// The length of the payload, its checksum, and the checksum of these two.
const HEADER: usize = 12;

/// Writes a transaction as one record, so that it is there as a whole or not at all.
pub fn encode(batch: &Batch) -> Result<Vec<u8>, Error> {
    let mut record = vec![0; HEADER];
    for (key, value) in batch {
        push(&mut record, key)?;
        record.push(u8::from(value.is_some()));
        if let Some(value) = value {
            push(&mut record, value)?;
        }
    }
    let (header, payload) = record.split_at_mut(HEADER);
    header[..4].copy_from_slice(&length(payload)?);
    header[4..8].copy_from_slice(&crc32fast::hash(payload).to_le_bytes());
    let checksum = crc32fast::hash(&header[..8]);
    header[8..].copy_from_slice(&checksum.to_le_bytes());
    Ok(record)
}

fn length(bytes: &[u8]) -> Result<[u8; 4], Error> {
    let length = u32::try_from(bytes.len()).map_err(|_| Error::TooLarge)?;
    Ok(length.to_le_bytes())
}

fn push(record: &mut Vec<u8>, bytes: &[u8]) -> Result<(), Error> {
    record.extend_from_slice(&length(bytes)?);
    record.extend_from_slice(bytes);
    Ok(())
}

/// Changes a map as a transaction says.
pub fn apply(map: &mut Map, batch: Batch) {
    for (key, value) in batch {
        match value {
            Some(value) => map.insert(key, value),
            None => map.remove(&key),
        };
    }
}

/// What a log says.
#[derive(Debug, Default, PartialEq)]
pub struct Replay {
    pub map: Map,
    /// How much of it is whole records; what is behind was being written when somebody pulled the plug.
    pub length: usize,
}

// region: replay
/// Reads a log behind its mark.
///
/// A crash leaves a part of the last record, or zeros in the place of its end. That is cut off: its transaction was
/// never reported as done. Anything else that is wrong is returned as the place where it is, because behind it there
/// may be transactions that were; also where it is no damage, but pages that came to the disk in another order.
pub fn replay(log: &[u8]) -> Result<Replay, usize> {
    let mut replay = Replay::default();
    loop {
        let start = replay.length;
        let rest = &log[start..];
        let Some((header, rest)) = rest.split_at_checked(HEADER) else {
            return Ok(replay);
        };
        if number(&header[8..]) != crc32fast::hash(&header[..8]) {
            return if rest.iter().all(|byte| *byte == 0) {
                Ok(replay)
            } else {
                Err(start)
            };
        }
        let size = number(&header[..4]) as usize;
        let Some((payload, rest)) = rest.split_at_checked(size) else {
            return Ok(replay);
        };
        if number(&header[4..8]) != crc32fast::hash(payload) {
            return if rest.is_empty() {
                Ok(replay)
            } else {
                Err(start)
            };
        }
        // All of it before the first change: a transaction is whole.
        for (key, value) in decode(payload).ok_or(start)? {
            set(&mut replay.map, key, value);
        }
        replay.length = start + HEADER + size;
    }
}
// endregion: replay

fn number(bytes: &[u8]) -> u32 {
    bytes
        .iter()
        .rev()
        .fold(0, |number, byte| number << 8 | u32::from(*byte))
}

/// A key with its value, or None if it is deleted.
type Change<'a> = (&'a [u8], Option<&'a [u8]>);

fn decode(mut payload: &[u8]) -> Option<Vec<Change<'_>>> {
    let mut changes = Vec::new();
    while !payload.is_empty() {
        let key = take(&mut payload)?;
        let (has_value, rest) = payload.split_first()?;
        payload = rest;
        let value = match has_value {
            0 => None,
            1 => Some(take(&mut payload)?),
            _ => return None,
        };
        changes.push((key, value));
    }
    Some(changes)
}

/// Changes a map, and reuses what it has: most writes of a log are of keys that were written before.
fn set(map: &mut Map, key: &[u8], value: Option<&[u8]>) {
    match (map.get_mut(key), value) {
        (Some(old), Some(value)) => {
            old.clear();
            old.extend_from_slice(value);
        }
        (None, Some(value)) => {
            map.insert(key.to_vec(), value.to_vec());
        }
        (_, None) => {
            map.remove(key);
        }
    }
}

fn take<'a>(payload: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (size, rest) = payload.split_at_checked(4)?;
    let (bytes, rest) = rest.split_at_checked(number(size) as usize)?;
    *payload = rest;
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch(changes: &[(&str, Option<&str>)]) -> Batch {
        let changes = changes.iter();
        changes
            .map(|(key, value)| {
                (
                    key.as_bytes().into(),
                    value.map(|value| value.as_bytes().into()),
                )
            })
            .collect()
    }

    /// A log of three transactions, where each ends, and what the store holds then.
    fn log() -> (Vec<u8>, Vec<(usize, Map)>) {
        let batches = [
            batch(&[("a", Some("1")), ("b", Some(""))]),
            batch(&[("a", None), ("", Some("empty")), ("c", Some("\0\0\0"))]),
            batch(&[("b", Some("2"))]),
        ];
        let (mut log, mut map) = (Vec::new(), Map::new());
        let mut states = vec![(0, map.clone())];
        for batch in batches {
            log.extend(encode(&batch).unwrap());
            apply(&mut map, batch);
            states.push((log.len(), map.clone()));
        }
        (log, states)
    }

    #[test]
    fn a_log_cut_at_any_byte_holds_the_transactions_before() {
        let (log, states) = log();
        for cut in 0..=log.len() {
            let (length, map) = states.iter().rfind(|(end, _)| *end <= cut).unwrap().clone();
            assert_eq!(replay(&log[..cut]), Ok(Replay { map, length }), "{cut}");
        }
    }

    #[test]
    fn zeros_in_the_place_of_the_end_are_cut_off() {
        let (log, states) = log();
        for cut in 0..=log.len() {
            let (length, map) = states.iter().rfind(|(end, _)| *end <= cut).unwrap().clone();
            let mut zeroed = log[..cut].to_vec();
            // As long as the record would have been, as file systems leave it.
            let end = states.iter().find(|(end, _)| *end >= cut).unwrap().0;
            zeroed.resize(end, 0);
            let replayed = replay(&zeroed).unwrap();
            assert!(replayed.length >= length, "{cut}");
            assert!(replayed.map == map || zeroed == log[..end], "{cut}");
        }
    }

    #[test]
    fn a_bit_that_flipped_is_never_read() {
        let (log, states) = log();
        let last = states[2].0;
        for (place, bit) in (0..log.len()).flat_map(|place| (0..8).map(move |bit| (place, bit))) {
            let mut damaged = log.clone();
            damaged[place] ^= 1 << bit;
            match replay(&damaged) {
                Err(start) => assert!(start <= place, "{place}"),
                // The last payload may as well not have got to the disk as a whole.
                Ok(replayed) => assert!(place >= last && replayed.map == states[2].1, "{place}"),
            }
        }
    }

    #[test]
    fn any_bytes_are_read_without_a_panic() {
        let mut state = 7_u32;
        for length in 0..200 {
            let mut bytes: Vec<u8> = Vec::new();
            for _ in 0..length {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                bytes.push((state >> 24) as u8);
            }
            let _ = replay(&bytes);
            let _ = decode(&bytes);
        }
    }
}
