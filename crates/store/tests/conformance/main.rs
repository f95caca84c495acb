//! The promises of the store, told as stories, each on both back ends.
#![allow(clippy::unwrap_used)]

mod archives;
mod bed;
mod claims;
#[path = "../cluster/mod.rs"]
mod cluster;
mod copies;
mod deposits;
mod drafts;
mod embedded;
mod keeping;
mod reading;
mod schema;
mod server;
mod tampering;

mod together;
mod writing;

/// Each story once on SQLite and once on PostgreSQL: `sqlite::…` and `postgres::…`.
macro_rules! stories {
    ($($chapter:ident: $($story:ident),+;)+) => {
        mod sqlite {
            $($(#[tokio::test] async fn $story() { crate::$chapter::$story(&crate::bed::Bed::sqlite()).await; })+)+
        }
        mod postgres {
            $($(#[tokio::test] async fn $story() { crate::$chapter::$story(&crate::bed::Bed::postgres()).await; })+)+
        }
    };
}

stories! {
    writing:
        the_same_bytes_are_a_duplicate_and_the_same_arrival_is_not,
        many_writers_at_once_lose_nothing_and_the_journal_verifies,
        a_failing_change_fails_alone,
        one_of_many_that_fails_takes_nothing_with_it,
        what_is_written_together_is_what_is_written_one_by_one,
        the_same_key_with_other_bytes_is_held_and_names_the_other,
        a_probable_double_is_a_warning_that_names_the_other,
        a_correction_is_a_new_version_and_after_a_refusal_a_new_invoice,
        filters_select;
    deposits:
        only_one_sender_gets_an_invoice,
        a_deposit_leaves_its_intent_its_answer_and_its_events;
    drafts:
        a_draft_is_kept_with_its_version_and_every_change_is_journalled,
        a_draft_that_another_person_changed_first_is_not_overwritten,
        a_confirmed_draft_is_written_whole_or_not_at_all,
        a_mandate_counts_until_it_is_revoked,
        an_eliminated_draft_forgets_what_it_said_and_a_mandate_keeps_its_file;
    keeping:
        what_was_acknowledged_is_there_after_opening_again,
        the_journal_cannot_be_changed_and_a_cut_end_shows,
        the_journal_is_append_only,
        a_document_whose_bytes_were_changed_is_found,
        a_state_that_the_journal_does_not_tell_is_found,
        a_backup_is_a_store_of_its_own,
        a_newer_store_is_left_alone;
    archives:
        an_eliminated_dossier_leaves_digests_and_the_journal_verifies,
        an_elimination_spares_what_is_held_changed_or_not_finished,
        what_two_dossiers_share_goes_with_the_last,
        bytes_that_come_again_after_an_elimination_are_kept_again,
        bytes_that_no_list_eliminated_are_missed,
        dossiers_are_found_by_filter_and_page,
        a_document_leans_on_another_and_on_a_dictionary;
    tampering:
        a_changed_line_is_found,
        a_changed_payload_is_found,
        a_removed_line_is_found,
        two_swapped_lines_are_found,
        a_cut_tail_is_found_against_a_head_kept_elsewhere,
        a_cut_tail_is_found_against_a_timestamp,
        a_journal_written_anew_is_found_against_a_head_kept_elsewhere,
        a_step_that_the_life_cycle_has_not_is_found,
        an_invoice_that_is_gone_is_missed,
        a_flipped_byte_of_a_document_is_found;
    copies:
        a_move_loses_no_line_of_the_journal,
        a_backup_comes_back_on_either_back_end,
        a_copy_that_cannot_be_verified_is_not_made,
        a_name_with_a_nul_is_stored,
        garbage_is_no_backup;
    claims:
        every_invoice_is_claimed_by_exactly_one_worker,
        a_claim_ends_by_itself_and_a_heartbeat_prolongs_it,
        what_is_let_go_is_free_at_once,
        a_claim_ends_with_the_work_and_not_with_the_intent,
        the_intent_has_the_last_word,
        the_first_state_goes_first_and_the_oldest_in_it,
        a_credit_note_does_not_overtake_an_earlier_invoice,
        whoever_waits_hears_of_work;
    reading:
        a_filter_finds_what_it_says_page_by_page,
        the_database_adds_up_cents_and_leaves_odd_amounts_to_the_reader,
        an_invoice_shows_its_relatives,
        what_was_written_before_reports_has_its_cents,
        the_counts_of_reports_are_those_of_the_invoices;
    together:
        several_processes_continue_one_journal,
        the_same_bytes_in_two_processes_at_once_are_one_invoice,
        the_same_key_in_two_processes_at_once_is_held_once;
}
