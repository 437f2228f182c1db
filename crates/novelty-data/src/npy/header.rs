use std::fmt;

use super::fault::NpyFault;

const MAGIC: &[u8; 6] = b"\x93NUMPY";

/// What kind of number a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum NumberType {
    /// One byte, 0 or not.
    Bool,
    /// Signed integers.
    Int,
    /// Unsigned integers.
    Uint,
    /// IEEE 754 binary floating point.
    Float,
}

/// The type of the values of a `.npy` file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct NpyType {
    /// The kind.
    pub number: NumberType,
    /// Bytes a value: 1, 2, 4 or 8.
    pub size: usize,
    /// Whether the most significant byte comes first.
    pub is_big_endian: bool,
}

impl NpyType {
    fn from_descr(descr: &str) -> Option<Self> {
        let (order, rest) = descr.split_at_checked(1)?;
        let is_big_endian = match order {
            "<" | "|" => false,
            ">" => true,
            "=" => cfg!(target_endian = "big"),
            _ => return None,
        };
        let (kind, size) = rest.split_at_checked(1)?;
        let (number, sizes): (_, &[usize]) = match kind {
            "b" => (NumberType::Bool, &[1]),
            "i" => (NumberType::Int, &[1, 2, 4, 8]),
            "u" => (NumberType::Uint, &[1, 2, 4, 8]),
            "f" => (NumberType::Float, &[2, 4, 8]),
            _ => return None,
        };
        let size = sizes.iter().copied().find(|known| known.to_string() == size)?;
        Some(Self { number, size, is_big_endian })
    }
}

impl fmt::Display for NpyType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bits = 8 * self.size;
        match self.number {
            NumberType::Bool => write!(f, "bool"),
            NumberType::Int => write!(f, "i{bits}"),
            NumberType::Uint => write!(f, "u{bits}"),
            NumberType::Float => write!(f, "f{bits}"),
        }
    }
}

/// What a `.npy` file says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) element: NpyType,
    pub(super) is_fortran: bool,
    pub(super) shape: Vec<usize>,
    /// Bytes before the values.
    pub(super) header_len: usize,
    /// Bytes of the values.
    pub(super) data_len: usize,
}

impl Header {
    pub(super) fn total_len(&self) -> u64 {
        self.header_len as u64 + self.data_len as u64
    }

    /// Bytes from the start that the header takes, as the first twelve (or fewer) say.
    pub(super) fn len_from(start: &[u8]) -> Result<(usize, usize), NpyFault> {
        if !start.starts_with(MAGIC) {
            let complete = start.len() >= MAGIC.len() || !MAGIC.starts_with(start);
            let got = start[..start.len().min(MAGIC.len())].to_vec();
            return Err(if complete || start.is_empty() {
                NpyFault::Magic { got }
            } else {
                truncated(MAGIC.len() + 4, start.len())
            });
        }
        let Some(&[major, minor]) = start.get(6..8) else { return Err(truncated(10, start.len())) };
        let (before, len) = match (major, start.get(8..10), start.get(8..12)) {
            (_, _, _) if minor != 0 || !(1..=3).contains(&major) => {
                return Err(NpyFault::Version { major, minor });
            }
            (1, Some(&[a, b]), _) => (10, u64::from(u16::from_le_bytes([a, b]))),
            (2 | 3, _, Some(&[a, b, c, d])) => (12, u64::from(u32::from_le_bytes([a, b, c, d]))),
            _ => return Err(truncated(if major == 1 { 10 } else { 12 }, start.len())),
        };
        // On a machine whose memory has 32 bits the sum may not fit; no file there has the bytes.
        let total = usize::try_from(before + len).unwrap_or(usize::MAX);
        Ok((before as usize, total))
    }

    /// Reads the header at the start of `bytes`.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, NpyFault> {
        let (before, header_len) = Self::len_from(bytes)?;
        let Some(text) = bytes.get(before..header_len) else {
            return Err(truncated(header_len, bytes.len()));
        };
        let fields = Parser { text, position: 0 }.fields()?;
        let element = NpyType::from_descr(&fields.descr)
            .ok_or_else(|| NpyFault::Type { descr: fields.descr.clone() })?;
        let (shape, data_len) = checked_len(&fields.shape, element.size)
            .filter(|&(_, data_len)| data_len.checked_add(header_len).is_some())
            .ok_or(NpyFault::Overflow { shape: fields.shape })?;
        Ok(Self { element, is_fortran: fields.is_fortran, shape, header_len, data_len })
    }
}

fn truncated(expected: usize, got: usize) -> NpyFault {
    NpyFault::Truncated { expected: expected as u64, got: got as u64 }
}

/// As for IDX: a zero dimension must not hide that the others are too large.
fn checked_len(dims: &[u64], size: usize) -> Option<(Vec<usize>, usize)> {
    let shape: Vec<usize> =
        dims.iter().map(|&dim| usize::try_from(dim).ok()).collect::<Option<_>>()?;
    let extent =
        shape.iter().filter(|&&dim| dim > 0).try_fold(size, |n, &dim| n.checked_mul(dim))?;
    if extent > isize::MAX as usize / 4 {
        return None;
    }
    let data_len = if shape.contains(&0) { 0 } else { extent };
    Some((shape, data_len))
}

struct Fields {
    descr: String,
    is_fortran: bool,
    shape: Vec<u64>,
}

/// Reads the one Python literal that a header consists of.
struct Parser<'a> {
    text: &'a [u8],
    position: usize,
}

impl Parser<'_> {
    fn fields(mut self) -> Result<Fields, NpyFault> {
        let (mut descr, mut is_fortran, mut shape) = (None, None, None);
        self.expect(b'{', "{")?;
        while !self.accept(b'}') {
            let key = self.string()?;
            self.expect(b':', ":")?;
            match key.as_str() {
                "descr" => descr = Some(self.descr()?),
                "fortran_order" => is_fortran = Some(self.boolean()?),
                "shape" => shape = Some(self.shape()?),
                _ => return Err(self.fault("descr, fortran_order or shape")),
            }
            if !self.accept(b',') {
                self.expect(b'}', ", or }")?;
                break;
            }
        }
        self.skip_space();
        if self.position < self.text.len() {
            return Err(self.fault("the end"));
        }
        match (descr, is_fortran, shape) {
            (Some(descr), Some(is_fortran), Some(shape)) => Ok(Fields { descr, is_fortran, shape }),
            _ => Err(self.fault("descr, fortran_order and shape")),
        }
    }

    fn fault(&self, expected: &'static str) -> NpyFault {
        NpyFault::Header { position: self.position, expected }
    }

    fn skip_space(&mut self) {
        let rest = &self.text[self.position..];
        self.position += rest.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    }

    fn accept(&mut self, byte: u8) -> bool {
        self.skip_space();
        let is_next = self.text.get(self.position) == Some(&byte);
        self.position += usize::from(is_next);
        is_next
    }

    fn expect(&mut self, byte: u8, name: &'static str) -> Result<(), NpyFault> {
        if self.accept(byte) { Ok(()) } else { Err(self.fault(name)) }
    }

    /// A string without escapes; headers hold none.
    fn string(&mut self) -> Result<String, NpyFault> {
        self.skip_space();
        let quote = self.text.get(self.position).copied();
        let Some(quote @ (b'\'' | b'"')) = quote else { return Err(self.fault("a string")) };
        let rest = &self.text[self.position + 1..];
        let Some(len) = rest.iter().position(|&byte| byte == quote) else {
            return Err(self.fault("the end of a string"));
        };
        self.position += len + 2;
        Ok(String::from_utf8_lossy(&rest[..len]).into_owned())
    }

    /// A record type is a list, reported as it stands.
    fn descr(&mut self) -> Result<String, NpyFault> {
        self.skip_space();
        if self.text.get(self.position) != Some(&b'[') {
            return self.string();
        }
        let descr = &self.text[self.position..];
        let shown = &descr[..descr.len().min(60)];
        Err(NpyFault::Type { descr: String::from_utf8_lossy(shown).into_owned() })
    }

    fn boolean(&mut self) -> Result<bool, NpyFault> {
        self.skip_space();
        for (word, value) in [(&b"True"[..], true), (&b"False"[..], false)] {
            if self.text[self.position..].starts_with(word) {
                self.position += word.len();
                return Ok(value);
            }
        }
        Err(self.fault("True or False"))
    }

    fn shape(&mut self) -> Result<Vec<u64>, NpyFault> {
        self.expect(b'(', "(")?;
        let mut shape = Vec::new();
        while !self.accept(b')') {
            shape.push(self.number()?);
            // NumPy writes as many dimensions at most.
            if shape.len() > 64 {
                return Err(self.fault("at most 64 dimensions"));
            }
            if !self.accept(b',') {
                self.expect(b')', ", or )")?;
                break;
            }
        }
        Ok(shape)
    }

    /// Digits, and the `L` that Python 2 put behind them.
    fn number(&mut self) -> Result<u64, NpyFault> {
        self.skip_space();
        let rest = &self.text[self.position..];
        let digits = &rest[..rest.iter().take_while(|byte| byte.is_ascii_digit()).count()];
        let value = std::str::from_utf8(digits).ok().and_then(|text| text.parse().ok());
        let Some(value) = value else { return Err(self.fault("a dimension")) };
        self.position += digits.len();
        self.accept(b'L');
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(text: &str) -> Result<Header, NpyFault> {
        let len = u16::try_from(text.len()).unwrap().to_le_bytes();
        Header::read(&[&MAGIC[..], &[1, 0], &len, text.as_bytes()].concat())
    }

    #[test]
    fn reads_what_numpy_writes() {
        let header = header("{'descr': '>f4', 'fortran_order': True, 'shape': (3, 64), }   \n");
        let header = header.unwrap();
        assert_eq!(
            (header.element.to_string(), header.element.is_big_endian),
            ("f32".into(), true)
        );
        assert_eq!((header.is_fortran, header.shape.as_slice()), (true, &[3, 64][..]));
        assert_eq!(header.data_len, 768);
    }

    #[test]
    fn reads_other_orders_and_scalars_and_python_2() {
        let other = header("{\"shape\":(3L,),'fortran_order':False,'descr':'|u1'}").unwrap();
        assert_eq!(other.shape, [3]);
        let scalar = header("{'descr': '<i8', 'fortran_order': False, 'shape': (), }").unwrap();
        assert_eq!((scalar.shape.len(), scalar.data_len), (0, 8));
    }

    #[test]
    fn what_is_no_header_is_placed() {
        let fault = |text| header(text).unwrap_err().to_string();
        assert!(fault("[1]").contains("at byte 0: { was expected"));
        assert!(fault("{'descr': '<f4', 'x'").contains("was expected"));
        assert!(fault("{'descr': '<f4'}").contains("descr, fortran_order and shape"));
        assert!(fault("{'shape': (-1,)}").contains("a dimension"));
        assert!(fault("{'shape': (99999999999999999999,)}").contains("a dimension"));
        let record = "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}";
        assert!(fault(record).starts_with("holds values of type [('a'"));
        let object = "{'descr': '|O', 'fortran_order': False, 'shape': (1,)}";
        assert!(fault(object).starts_with("holds values of type |O"));
    }
}
