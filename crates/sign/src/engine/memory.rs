//! The sealed bytes, handed to libxmlsec1 from memory: the only input that it has.

use std::cell::RefCell;
use std::ffi::{CStr, c_char, c_int, c_void};

/// What this thread may be served while it verifies.
struct Served {
    uri: Vec<u8>,
    decoded: Option<Vec<u8>>,
    bytes: *const u8,
    length: usize,
}

thread_local! {
    // A verification runs from its first to its last step on one thread, so that parallel verifications never see
    // each other's bytes and no lock is needed.
    static SERVED: RefCell<Option<Served>> = const { RefCell::new(None) };
}

/// Serves bytes to the verification on this thread for as long as it lives.
pub(super) struct Serving<'a>(std::marker::PhantomData<&'a [u8]>);

impl<'a> Serving<'a> {
    pub(super) fn start(uri: &str, bytes: &'a [u8]) -> Self {
        let served = Served {
            uri: uri.as_bytes().to_vec(),
            decoded: crate::seal::file_name_of(uri).map(String::into_bytes),
            bytes: bytes.as_ptr(),
            length: bytes.len(),
        };
        SERVED.with_borrow_mut(|slot| *slot = Some(served));
        Self(std::marker::PhantomData)
    }
}

impl Drop for Serving<'_> {
    fn drop(&mut self) {
        SERVED.with_borrow_mut(|slot| *slot = None);
    }
}

/// How far libxmlsec1 has read.
struct Cursor {
    next: *const u8,
    left: usize,
}

#[allow(unsafe_code)]
pub(super) unsafe extern "C" fn serve_match(name: *const c_char) -> c_int {
    // SAFETY: libxmlsec1 passes a null-terminated string.
    let name = unsafe { CStr::from_ptr(name) }.to_bytes();
    SERVED.with_borrow(|slot| {
        let known = |s: &Served| s.uri == name || s.decoded.as_deref() == Some(name);
        c_int::from(slot.as_ref().is_some_and(known))
    })
}

#[allow(unsafe_code)]
pub(super) unsafe extern "C" fn serve_open(_name: *const c_char) -> *mut c_void {
    SERVED.with_borrow(|slot| match slot {
        Some(served) => Box::into_raw(Box::new(Cursor { next: served.bytes, left: served.length })).cast(),
        None => std::ptr::null_mut(),
    })
}

#[allow(unsafe_code)]
pub(super) unsafe extern "C" fn serve_read(context: *mut c_void, buffer: *mut c_char, length: c_int) -> c_int {
    let Ok(wanted) = usize::try_from(length) else { return -1 };
    // SAFETY: context comes from serve_open and is not closed yet; it points into bytes that `Serving` borrows until
    // the verification is over; the buffer holds `length` bytes and is not ours.
    unsafe {
        let cursor = &mut *context.cast::<Cursor>();
        let count = wanted.min(cursor.left);
        std::ptr::copy_nonoverlapping(cursor.next, buffer.cast(), count);
        cursor.next = cursor.next.add(count);
        cursor.left -= count;
        c_int::try_from(count).unwrap_or(-1)
    }
}

#[allow(unsafe_code)]
pub(super) unsafe extern "C" fn serve_close(context: *mut c_void) -> c_int {
    // SAFETY: context comes from serve_open and is closed once.
    drop(unsafe { Box::from_raw(context.cast::<Cursor>()) });
    0
}
