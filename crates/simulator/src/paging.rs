//! Pages of every list: the client asks, the simulator's page size decides.

use serde::Deserialize;

/// The paging block of a request; its own name differs per service.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PageRequest {
    page_resultat_demandee: Option<i64>,
    nb_resultats_par_page: Option<i64>,
    tri_sens: Option<Direction>,
    tri_colonne: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
enum Direction {
    Ascendant,
    Descendant,
}

impl PageRequest {
    /// The page asked for and its size, before the cap.
    pub fn new(number: Option<i64>, size: Option<i64>) -> Self {
        Self { page_resultat_demandee: number, nb_resultats_par_page: size, tri_sens: None, tri_colonne: None }
    }

    /// `triColonne`.
    pub fn column(&self) -> Option<&str> {
        self.tri_colonne.as_deref()
    }

    /// Whether the last comes first.
    pub fn is_descending(&self) -> bool {
        self.tri_sens == Some(Direction::Descendant)
    }

    /// The page that is given of a list, never larger than the cap.
    pub fn page(&self, total: usize, cap: u32) -> Page {
        let positive =
            |value: Option<i64>| value.filter(|value| *value > 0).and_then(|value| usize::try_from(value).ok());
        let cap = usize::try_from(cap).unwrap_or(usize::MAX).max(1);
        let size = positive(self.nb_resultats_par_page).unwrap_or(cap).min(cap);
        let number = positive(self.page_resultat_demandee).unwrap_or(1);
        Page { number, size, pages: total.div_ceil(size), total }
    }
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// 1-based number.
    pub number: usize,
    /// Rows a page.
    pub size: usize,
    /// Number of pages.
    pub pages: usize,
    /// Number of rows.
    pub total: usize,
}

impl Page {
    /// The rows of this page; empty beyond the end.
    pub fn of<'a, T>(&self, rows: &'a [T]) -> &'a [T] {
        let start = self.number.saturating_sub(1).saturating_mul(self.size).min(rows.len());
        let end = start.saturating_add(self.size).min(rows.len());
        &rows[start..end]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_asked_the_cap_holds() {
        let rows: Vec<u32> = (0..25).collect();
        let page = PageRequest::new(Some(3), Some(10_000)).page(rows.len(), 10);
        assert_eq!(page, Page { number: 3, size: 10, pages: 3, total: 25 });
        assert_eq!(page.of(&rows), [20, 21, 22, 23, 24]);
        assert!(PageRequest::new(Some(4), None).page(rows.len(), 10).of(&rows).is_empty());
        assert!(PageRequest::new(Some(i64::MAX), None).page(rows.len(), 10).of(&rows).is_empty());
        assert_eq!(PageRequest::new(Some(-1), Some(0)).page(rows.len(), 10).of(&rows).len(), 10);
    }
}
