//! The six numbers that place things on a page (ISO 32000-1, 8.3.3).

/// `[a b c d e f]`: `x' = a·x + c·y + e`, `y' = b·x + d·y + f`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Matrix(pub(super) [f32; 6]);

impl Matrix {
    pub(super) const IDENTITY: Self = Self([1.0, 0.0, 0.0, 1.0, 0.0, 0.0]);

    /// First this one, then the other.
    pub(super) fn then(self, other: Self) -> Self {
        let ([a, b, c, d, e, f], [oa, ob, oc, od, oe, of]) = (self.0, other.0);
        Self([
            a.mul_add(oa, b * oc),
            a.mul_add(ob, b * od),
            c.mul_add(oa, d * oc),
            c.mul_add(ob, d * od),
            e.mul_add(oa, f * oc) + oe,
            e.mul_add(ob, f * od) + of,
        ])
    }

    pub(super) fn apply(self, x: f32, y: f32) -> (f32, f32) {
        let [a, b, c, d, e, f] = self.0;
        (a.mul_add(x, c * y) + e, b.mul_add(x, d * y) + f)
    }

    /// How long an upright unit becomes.
    pub(super) fn height(self) -> f32 {
        self.0[2].hypot(self.0[3])
    }

    /// Moved by so much, in its own units, before everything else.
    pub(super) fn moved(self, x: f32, y: f32) -> Self {
        Self([1.0, 0.0, 0.0, 1.0, x, y]).then(self)
    }
}
