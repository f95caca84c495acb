//! Lists that come in pages, read to their end: a list that stops early would prove an absence that is none.

use std::collections::HashSet;

use facteur_model::gateway::GatewayError;

use crate::reason::Reason;

/// What the gateway says of its pages; any of it may be missing.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Paging {
    /// How many pages there are.
    pub pages: Option<i64>,
    /// How many rows there are in all.
    pub total: Option<i64>,
}

/// Collects the rows of a list, page after page.
pub(super) struct Collector<T> {
    rows: Vec<T>,
    seen: HashSet<String>,
    received: i64,
    page: u32,
    max_pages: u32,
}

impl<T> Collector<T> {
    pub fn new(max_pages: u32) -> Self {
        Self { rows: Vec::new(), seen: HashSet::new(), received: 0, page: 1, max_pages }
    }

    /// Number of the page to ask for, from 1.
    pub const fn page(&self) -> u32 {
        self.page
    }

    /// Takes a page; true if there may be another. `key` names a row for good, so that a row which moved to the next
    /// page between two questions is not taken twice.
    pub fn take(
        &mut self,
        page: Vec<T>,
        paging: Paging,
        key: impl Fn(&T) -> Option<String>,
    ) -> Result<bool, GatewayError> {
        let got = i64::try_from(page.len()).unwrap_or(i64::MAX);
        let before = self.rows.len();
        for row in page {
            if key(&row).is_none_or(|key| self.seen.insert(key)) {
                self.rows.push(row);
            }
        }
        self.received += got;
        let is_new = self.rows.len() > before;
        let all_pages_read = paging.pages.is_some_and(|pages| i64::from(self.page) >= pages);
        match paging.total {
            Some(total) if self.received >= total => return Ok(false),
            Some(total) if !is_new => return Err(incomplete(self.rows.len(), total)),
            None if !is_new || all_pages_read => return Ok(false),
            _ => {}
        }
        if self.page >= self.max_pages {
            return Err(GatewayError::Protocol(Reason::IncompleteList.with(format!("{} pages", self.page))));
        }
        self.page += 1;
        Ok(true)
    }

    pub fn into_rows(self) -> Vec<T> {
        self.rows
    }
}

fn incomplete(got: usize, total: i64) -> GatewayError {
    GatewayError::Protocol(Reason::IncompleteList.with(format!("{got} / {total}")))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    /// Reads a list from a server that holds `total` rows and gives `size` a page.
    fn read(total: i64, size: i64, said: impl Fn(i64) -> Paging) -> Result<Vec<i64>, GatewayError> {
        let mut list = Collector::new(50);
        loop {
            let first = (i64::from(list.page()) - 1) * size;
            let page: Vec<i64> = (first..(first + size).min(total)).collect();
            if !list.take(page, said(total), |row| Some(row.to_string()))? {
                return Ok(list.into_rows());
            }
        }
    }

    #[test]
    fn every_row_is_read_whatever_the_gateway_says_of_its_pages() {
        for (total, size) in [(0, 10), (1, 10), (10, 10), (11, 10), (25, 10), (40, 1)] {
            let all: Vec<i64> = (0..total).collect();
            let pages = (total + size - 1) / size;
            let sayings = [
                Paging { pages: Some(pages), total: Some(total) },
                Paging { pages: Some(pages), total: None },
                Paging { pages: None, total: Some(total) },
                Paging::default(),
            ];
            for said in sayings {
                assert_eq!(read(total, size, |_| said).unwrap(), all, "{total} by {size}: {said:?}");
            }
        }
    }

    #[test]
    fn a_list_shorter_than_announced_is_an_error() {
        let said = Paging { pages: Some(2), total: Some(15) };
        assert!(matches!(read(12, 10, |_| said), Err(GatewayError::Protocol(_))));
    }

    #[test]
    fn the_same_page_again_and_again_ends() {
        let mut list = Collector::new(50);
        let key = |row: &i64| Some(row.to_string());
        assert!(list.take(vec![1, 2], Paging::default(), key).unwrap());
        assert!(!list.take(vec![1, 2], Paging::default(), key).unwrap());
        assert_eq!(list.into_rows(), [1, 2]);
    }

    #[test]
    fn a_list_without_end_is_an_error() {
        let mut list = Collector::new(3);
        let mut take = |row: i64| list.take(vec![row], Paging::default(), |row| Some(row.to_string()));
        assert!(take(1).unwrap() && take(2).unwrap());
        assert!(take(3).is_err());
    }
}
