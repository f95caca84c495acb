//! The child process alone, for the tests of the pool: what `facteur worker-pdf` does.

fn main() {
    facteur_pipeline::pdf_worker::child_main()
}
