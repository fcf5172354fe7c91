//! Groups of documents with similar signatures, without comparing each with each.

use std::sync::atomic::{AtomicBool, Ordering};

use rayon::prelude::*;

use crate::signature::{HASHES, estimate};

/// Documents of a bucket that are no duplicates of each other, and with which others are compared: a bound for corpora that are
/// made to be slow.
const MOST: usize = 64;

/// How signatures are cut into bands: documents that agree in all rows of a band are compared.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bands {
    pub rows: usize,
}

impl Bands {
    /// Chooses the bands that miss fewest documents above the threshold, and compare fewest below it in vain.
    #[must_use]
    pub fn for_threshold(threshold: f64) -> Self {
        let error = |rows: usize| -> f64 {
            let bands = (HASHES / rows) as i32;
            (0..1000)
                .map(|step| {
                    let share = (f64::from(step) + 0.5) / 1000.0;
                    let compared = 1.0 - (1.0 - share.powi(rows as i32)).powi(bands);
                    // To compare in vain costs time, to miss a duplicate is a wrong result.
                    if share < threshold {
                        0.2 * compared
                    } else {
                        1.0 - compared
                    }
                })
                .sum()
        };
        let all = (1..=HASHES / 2).filter(|rows| HASHES % rows == 0);
        let rows = all
            .min_by(|a, b| error(*a).total_cmp(&error(*b)))
            .unwrap_or(1);
        Self { rows }
    }
}

// region: groups
/// Groups documents: whatever the number of threads, the same groups, in the order of their first document.
///
/// `signatures` has [`HASHES`] numbers for each document. Returns nothing if the work was cancelled.
#[must_use]
pub fn find_groups(
    signatures: &[u32],
    threshold: f64,
    cancelled: &AtomicBool,
) -> Option<Vec<Vec<u32>>> {
    let Bands { rows } = Bands::for_threshold(threshold);
    let links: Vec<_> = (0..HASHES / rows)
        .into_par_iter()
        .map(|band| {
            links_of_band(
                signatures,
                band * rows..(band + 1) * rows,
                threshold,
                cancelled,
            )
        })
        .collect::<Option<_>>()?;
    let mut parents: Vec<u32> = (0..(signatures.len() / HASHES) as u32).collect();
    for (first, second) in links.into_iter().flatten() {
        let (a, b) = (root(&mut parents, first), root(&mut parents, second));
        // The lower one, so that the order of links doesn't matter.
        parents[a.max(b) as usize] = a.min(b);
    }
    Some(collect(&mut parents))
}
// endregion: groups

/// Returns documents that are similar, and agree in these numbers of their signatures.
fn links_of_band(
    signatures: &[u32],
    band: std::ops::Range<usize>,
    threshold: f64,
    cancelled: &AtomicBool,
) -> Option<Vec<(u32, u32)>> {
    let signature = |document: u32| &signatures[document as usize * HASHES..][..HASHES];
    let key = |document: u32| &signature(document)[band.clone()];
    let mut documents: Vec<u32> = (0..(signatures.len() / HASHES) as u32)
        // Those without words have nothing in common.
        .filter(|document| signature(*document).iter().any(|hash| *hash != u32::MAX))
        .collect();
    documents.sort_unstable_by(|a, b| key(*a).cmp(key(*b)).then(a.cmp(b)));
    let mut links = Vec::new();
    for bucket in documents.chunk_by(|a, b| key(*a) == key(*b)) {
        if cancelled.load(Ordering::Relaxed) {
            return None;
        }
        let mut different: Vec<u32> = Vec::new();
        for document in bucket {
            let similar =
                |other: &&u32| estimate(signature(**other), signature(*document)) >= threshold;
            match different.iter().find(similar) {
                Some(other) => links.push((*other, *document)),
                None if different.len() < MOST => different.push(*document),
                None => {}
            }
        }
    }
    Some(links)
}

fn root(parents: &mut [u32], mut document: u32) -> u32 {
    while parents[document as usize] != document {
        let parent = parents[document as usize];
        // Half of the way is saved for the next one.
        parents[document as usize] = parents[parent as usize];
        document = parents[document as usize];
    }
    document
}

fn collect(parents: &mut [u32]) -> Vec<Vec<u32>> {
    let mut groups: Vec<Vec<u32>> = vec![Vec::new(); parents.len()];
    for document in 0..parents.len() as u32 {
        groups[root(parents, document) as usize].push(document);
    }
    groups.retain(|group| group.len() > 1);
    groups
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signature::sign;

    fn groups(texts: &[String], threshold: f64) -> Vec<Vec<u32>> {
        let go = AtomicBool::new(false);
        let sign = |text: &String| sign(text, 2, &go).unwrap();
        let signatures: Vec<u32> = texts.iter().flat_map(sign).collect();
        find_groups(&signatures, threshold, &go).unwrap()
    }

    fn text(topic: usize, change: usize) -> String {
        (0..100)
            .map(|n| format!("{topic}-{} ", if n == change { 1000 } else { n }))
            .collect()
    }

    #[test]
    fn similar_texts_are_grouped() {
        let texts = [
            text(1, 5),
            text(2, 5),
            text(1, 50),
            String::new(),
            text(2, 99),
            text(3, 0),
            String::new(),
        ];
        assert_eq!(groups(&texts, 0.8), [vec![0, 2], vec![1, 4]]);
        assert_eq!(groups(&texts, 1.0), Vec::<Vec<u32>>::new());
        assert_eq!(groups(&[], 0.8), Vec::<Vec<u32>>::new());
    }

    #[test]
    fn a_corpus_of_one_text_is_one_group() {
        let texts = vec![text(1, 0); 200];
        assert_eq!(groups(&texts, 0.9), [(0..200).collect::<Vec<_>>()]);
    }

    #[test]
    fn bands_follow_the_threshold() {
        let rows = [0.1, 0.5, 0.8, 1.0].map(|threshold| Bands::for_threshold(threshold).rows);
        assert!(rows.is_sorted() && rows[0] < rows[3], "{rows:?}");
    }

    #[test]
    fn grouping_can_be_cancelled() {
        let signatures = vec![7; 10 * HASHES];
        assert!(find_groups(&signatures, 0.8, &AtomicBool::new(true)).is_none());
    }
}
