//! The operators of a content stream that place text (ISO 32000-1, 9.4), and those that move the paper under it.

use std::collections::HashSet;
use std::rc::Rc;

use lopdf::content::{Content, Operation};
use lopdf::{Dictionary, Document, Object, ObjectId};

use super::font::{Font, Fonts};
use super::matrix::Matrix;

/// Most operators of one page, its forms included.
const OPERATIONS_MAX: usize = 2_000_000;
/// Forms within forms.
const FORMS_MAX: usize = 12;
/// Saved graphics states.
const SAVED_MAX: usize = 512;
/// Most bytes of a form, once unpacked.
const FORM_MAX: usize = 8 << 20;

/// A painted character.
#[derive(Debug, Clone)]
pub(super) struct Glyph {
    pub(super) text: String,
    /// Where its base line begins, and where the next glyph would.
    pub(super) start: (f32, f32),
    pub(super) end: (f32, f32),
    /// Height of the font there.
    pub(super) size: f32,
}

#[derive(Clone)]
struct State {
    page: Matrix,
    font: Option<Rc<Font>>,
    size: f32,
    character_space: f32,
    word_space: f32,
    stretch: f32,
    leading: f32,
    rise: f32,
}

pub(super) struct Painter<'d, 'f> {
    document: &'d Document,
    fonts: &'f mut Fonts,
    pub(super) glyphs: Vec<Glyph>,
    pub(super) unexplained: usize,
    pub(super) images: bool,
    glyphs_left: usize,
    operations_left: usize,
    state: State,
    saved: Vec<State>,
    text: Matrix,
    line: Matrix,
    open_forms: HashSet<ObjectId>,
}

impl<'d, 'f> Painter<'d, 'f> {
    pub(super) fn new(document: &'d Document, fonts: &'f mut Fonts, glyphs_left: usize) -> Self {
        let state = State {
            page: Matrix::IDENTITY,
            font: None,
            size: 0.0,
            character_space: 0.0,
            word_space: 0.0,
            stretch: 1.0,
            leading: 0.0,
            rise: 0.0,
        };
        Self {
            document,
            fonts,
            glyphs: Vec::new(),
            unexplained: 0,
            images: false,
            glyphs_left,
            operations_left: OPERATIONS_MAX,
            state,
            saved: Vec::new(),
            text: Matrix::IDENTITY,
            line: Matrix::IDENTITY,
            open_forms: HashSet::new(),
        }
    }

    /// Paints a content stream. What cannot be read of it ends it; what was painted before stays.
    pub(super) fn paint(&mut self, content: &[u8], resources: Option<&'d Dictionary>, matrix: Matrix) {
        self.state.page = matrix;
        self.run(content, resources);
    }

    fn run(&mut self, content: &[u8], resources: Option<&'d Dictionary>) {
        let floor = self.saved.len();
        for operation in Content::decode_iter(content) {
            let Ok(operation) = operation else { break };
            if self.operations_left == 0 || self.glyphs.len() >= self.glyphs_left {
                break;
            }
            self.operations_left -= 1;
            self.operation(&operation, resources, floor);
        }
        self.saved.truncate(floor);
    }

    fn operation(&mut self, operation: &Operation, resources: Option<&'d Dictionary>, floor: usize) {
        let operands = operation.operands.as_slice();
        let number = |index: usize| operands.get(index).and_then(|operand| operand.as_float().ok()).unwrap_or(0.0);
        match operation.operator.as_str() {
            "q" if self.saved.len() < SAVED_MAX => self.saved.push(self.state.clone()),
            "Q" if self.saved.len() > floor => {
                if let Some(state) = self.saved.pop() {
                    self.state = state;
                }
            }
            "cm" => self.state.page = matrix(operands).then(self.state.page),
            "BT" => {
                self.text = Matrix::IDENTITY;
                self.line = Matrix::IDENTITY;
            }
            "Tc" => self.state.character_space = number(0),
            "Tw" => self.state.word_space = number(0),
            "Tz" => self.state.stretch = number(0) / 100.0,
            "TL" => self.state.leading = number(0),
            "Ts" => self.state.rise = number(0),
            "Tf" => self.font(operands, resources),
            "Td" => self.next_line(number(0), number(1)),
            "TD" => {
                self.state.leading = -number(1);
                self.next_line(number(0), number(1));
            }
            "Tm" => {
                self.line = matrix(operands);
                self.text = self.line;
            }
            "T*" => self.next_line(0.0, -self.state.leading),
            "Tj" => self.show(operands.first()),
            "TJ" => self.show_adjusted(operands.first()),
            "'" => {
                self.next_line(0.0, -self.state.leading);
                self.show(operands.first());
            }
            "\"" => {
                self.state.word_space = number(0);
                self.state.character_space = number(1);
                self.next_line(0.0, -self.state.leading);
                self.show(operands.get(2));
            }
            "BI" => self.images = true,
            "Do" => self.external(operands, resources),
            _ => {}
        }
    }

    fn next_line(&mut self, x: f32, y: f32) {
        self.line = self.line.moved(x, y);
        self.text = self.line;
    }

    fn font(&mut self, operands: &[Object], resources: Option<&'d Dictionary>) {
        if let [Object::Name(name), size, ..] = operands {
            self.state.size = size.as_float().unwrap_or(0.0);
            self.state.font = self
                .resource(resources, b"Font", name)
                .and_then(|object| object.as_dict().ok())
                .map(|dictionary| self.fonts.get(self.document, dictionary));
        }
    }

    fn resource(&self, resources: Option<&'d Dictionary>, kind: &[u8], name: &[u8]) -> Option<&'d Object> {
        let group = self.document.dereference(resources?.get(kind).ok()?).ok()?.1.as_dict().ok()?;
        self.document.dereference(group.get(name).ok()?).ok().map(|(_, object)| object)
    }

    fn show(&mut self, operand: Option<&Object>) {
        if let Some(Object::String(bytes, _)) = operand {
            self.string(bytes);
        }
    }

    fn show_adjusted(&mut self, operand: Option<&Object>) {
        let Some(Object::Array(parts)) = operand else { return };
        for part in parts {
            match part {
                Object::String(bytes, _) => self.string(bytes),
                other => {
                    let back = other.as_float().unwrap_or(0.0) / 1000.0;
                    self.text = self.text.moved(-back * self.state.size * self.state.stretch, 0.0);
                }
            }
        }
    }

    fn string(&mut self, bytes: &[u8]) {
        let Some(font) = self.state.font.clone() else { return };
        let State { size, character_space, word_space, stretch, rise, .. } = self.state;
        for code in font.codes(bytes) {
            if self.glyphs.len() >= self.glyphs_left {
                return;
            }
            let placed = self.text.moved(0.0, rise).then(self.state.page);
            let ink = code.width * font.scale * size;
            let space = if code.single_space { word_space } else { 0.0 };
            match code.text {
                Some(text) => {
                    let (start, end) = (placed.apply(0.0, 0.0), placed.apply(ink * stretch, 0.0));
                    let height = placed.height() * size.abs();
                    if [start.0, start.1, end.0, end.1, height].into_iter().all(f32::is_finite) {
                        self.glyphs.push(Glyph { text, start, end, size: height });
                    }
                }
                None => self.unexplained += 1,
            }
            self.text = self.text.moved((ink + character_space + space) * stretch, 0.0);
        }
    }

    /// A form is a content stream with resources and a matrix of its own; an image is only noted.
    fn external(&mut self, operands: &[Object], resources: Option<&'d Dictionary>) {
        let Some(Object::Name(name)) = operands.first() else { return };
        let Some(Object::Stream(stream)) = self.resource(resources, b"XObject", name) else { return };
        let subtype = stream.dict.get(b"Subtype").and_then(Object::as_name).unwrap_or_default();
        if subtype == b"Image" {
            self.images = true;
        }
        let id = self.reference(resources, name);
        let again = id.is_some_and(|id| self.open_forms.contains(&id));
        if subtype != b"Form" || again || self.open_forms.len() >= FORMS_MAX {
            return;
        }
        let Ok(content) = stream.get_plain_content_with_limit(FORM_MAX) else { return };
        let (state, text, line) = (self.state.clone(), self.text, self.line);
        if let Ok((_, Object::Array(numbers))) =
            stream.dict.get(b"Matrix").and_then(|object| self.document.dereference(object))
        {
            self.state.page = matrix(numbers).then(self.state.page);
        }
        let own = stream.dict.get(b"Resources").ok().and_then(|object| self.document.dereference(object).ok());
        let own = own.and_then(|(_, object)| object.as_dict().ok()).or(resources);
        self.open_forms.extend(id);
        self.run(&content, own);
        if let Some(id) = id {
            self.open_forms.remove(&id);
        }
        (self.state, self.text, self.line) = (state, text, line);
    }

    fn reference(&self, resources: Option<&'d Dictionary>, name: &[u8]) -> Option<ObjectId> {
        let group = self.document.dereference(resources?.get(b"XObject").ok()?).ok()?.1.as_dict().ok()?;
        group.get(name).ok()?.as_reference().ok()
    }
}

fn matrix(operands: &[Object]) -> Matrix {
    let mut numbers = [1.0, 0.0, 0.0, 1.0, 0.0, 0.0];
    for (slot, operand) in numbers.iter_mut().zip(operands) {
        *slot = operand.as_float().unwrap_or(*slot);
    }
    Matrix(numbers)
}
