//! What only the embedded store has: a file.

use facteur_store::{Store, StoreError};

#[tokio::test]
async fn a_store_that_cannot_be_opened_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("missing").join("store.db");
    assert!(matches!(Store::open(&path).await, Err(StoreError::Open { .. } | StoreError::NotWritable(_))));
    std::fs::write(folder.path().join("garbage.db"), vec![7_u8; 8192]).unwrap();
    assert!(Store::open(&folder.path().join("garbage.db")).await.is_err());
}
