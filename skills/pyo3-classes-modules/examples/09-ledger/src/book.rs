//! The journal's own logic, without Python: entries that are posted together or not at all.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::errors::{Error, Result};
use crate::{Currency, Entry, Money};

/// Entries, and the balances that follow from them. Entries are only ever added.
#[derive(Debug, Default, PartialEq)]
pub struct Book {
    entries: Vec<Entry>,
    balances: BTreeMap<String, Money>,
}

impl Book {
    /// Opens an account with nothing in it.
    pub fn open(&mut self, account: &str, currency: Currency) -> Result<()> {
        if self.balances.contains_key(account) {
            return Err(Error::DuplicateAccount(account.to_owned()));
        }
        let zero = Money { minor: 0, currency };
        self.balances.insert(account.to_owned(), zero);
        Ok(())
    }

    /// Posts all entries or, if one is refused, none.
    ///
    /// `overdrafts` says how far which balance may fall below zero; the others are not checked.
    pub fn post(&mut self, entries: &[Entry], overdrafts: &BTreeMap<String, Money>) -> Result<()> {
        let mut changed = BTreeMap::new();
        for entry in entries {
            let amount = entry.amount();
            if amount.minor <= 0 {
                return Err(Error::NotPositive(amount));
            }
            if let Some(payer) = entry.payer() {
                let balance = self.pending(&changed, payer)?.minus(amount)?;
                if let Some(overdraft) = overdrafts.get(payer) {
                    if balance.plus(*overdraft)?.minor < 0 {
                        return Err(Error::Overdrawn(payer.to_owned()));
                    }
                }
                changed.insert(payer, balance);
            }
            if let Some(payee) = entry.payee() {
                let balance = self.pending(&changed, payee)?.plus(amount)?;
                changed.insert(payee, balance);
            }
        }
        for (account, balance) in changed {
            self.balances.insert(account.to_owned(), balance);
        }
        self.entries.extend_from_slice(entries);
        Ok(())
    }

    fn pending(&self, changed: &BTreeMap<&str, Money>, account: &str) -> Result<Money> {
        let balance = changed.get(account).copied();
        balance.map_or_else(|| self.balance(account), Ok)
    }

    /// What an account holds.
    pub fn balance(&self, account: &str) -> Result<Money> {
        let balance = self.balances.get(account).copied();
        balance.ok_or_else(|| Error::UnknownAccount(account.to_owned()))
    }

    /// All entries, oldest first.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The indices from `start` to `stop` that there are, where negative ones count from the end, as for a list.
    #[must_use]
    pub fn range(&self, start: isize, stop: isize) -> Range<usize> {
        let length = self.entries.len();
        let index = |index: isize| match usize::try_from(index) {
            Ok(index) => index.min(length),
            Err(_) => length.saturating_sub(index.unsigned_abs()),
        };
        let stop = index(stop);
        index(start).min(stop)..stop
    }

    /// The entry at an index, where a negative one counts from the end.
    #[must_use]
    pub fn get(&self, index: isize) -> Option<&Entry> {
        let index = match usize::try_from(index) {
            Ok(index) => index,
            Err(_) => self.entries.len().checked_add_signed(index)?,
        };
        self.entries.get(index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn euro(minor: i64) -> Money {
        Money {
            minor,
            currency: Currency::Eur,
        }
    }

    fn deposit(amount: Money) -> Entry {
        Entry::Deposit {
            account: "cash".into(),
            amount,
        }
    }

    fn transfer(amount: Money) -> Entry {
        Entry::Transfer {
            payer: "cash".into(),
            payee: "rent".into(),
            amount,
        }
    }

    fn book() -> Book {
        let mut book = Book::default();
        book.open("cash", Currency::Eur).unwrap();
        book.open("rent", Currency::Eur).unwrap();
        book
    }

    fn no_overdraft() -> BTreeMap<String, Money> {
        BTreeMap::from([("cash".into(), euro(0))])
    }

    #[test]
    fn entries_posted_together_see_each_other() {
        let mut book = book();
        let entries = [deposit(euro(50)), transfer(euro(30)), transfer(euro(20))];
        book.post(&entries, &no_overdraft()).unwrap();
        assert_eq!(book.balance("cash").unwrap(), euro(0));
        assert_eq!(book.balance("rent").unwrap(), euro(50));
    }

    #[test]
    fn one_bad_entry_undoes_the_others() {
        let yen = Money {
            minor: 5,
            currency: Currency::Jpy,
        };
        for (bad, error) in [
            (transfer(euro(51)), Error::Overdrawn("cash".into())),
            (transfer(euro(-1)), Error::NotPositive(euro(-1))),
            (deposit(euro(i64::MAX)), Error::MoneyOverflow),
            (
                deposit(yen),
                Error::CurrencyMismatch(Currency::Eur, Currency::Jpy),
            ),
            (
                Entry::Withdrawal {
                    account: "shoes".into(),
                    amount: euro(1),
                },
                Error::UnknownAccount("shoes".into()),
            ),
        ] {
            let mut book = book();
            let refused = book.post(&[deposit(euro(50)), bad], &no_overdraft());
            assert_eq!(refused.unwrap_err().to_string(), error.to_string());
            assert_eq!(book, self::book());
        }
    }

    #[test]
    fn an_account_pays_itself_without_a_trace() {
        let mut book = book();
        let itself = Entry::Transfer {
            payer: "cash".into(),
            payee: "cash".into(),
            amount: euro(5),
        };
        book.post(&[deposit(euro(5)), itself], &no_overdraft())
            .unwrap();
        assert_eq!(book.balance("cash").unwrap(), euro(5));
    }

    #[test]
    fn an_account_is_opened_once() {
        let error = book().open("cash", Currency::Jpy).unwrap_err();
        assert!(matches!(error, Error::DuplicateAccount(name) if name == "cash"));
    }

    #[test]
    fn negative_indices_count_from_the_end() {
        let mut book = book();
        book.post(&[deposit(euro(1)), deposit(euro(2))], &no_overdraft())
            .unwrap();
        assert_eq!(book.get(-1), Some(&deposit(euro(2))));
        assert_eq!(book.get(-2), Some(&deposit(euro(1))));
        for outside in [2, -3, isize::MAX, isize::MIN] {
            assert_eq!(book.get(outside), None);
        }
    }
}
