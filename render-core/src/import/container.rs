//! The two wrappings of glTF: a JSON text, or the binary container (glTF 2.0, chapter "GLB File Format").

use std::borrow::Cow;

use super::fault::ImportError;

/// The JSON and, in a .glb, the binary chunk.
#[derive(Debug)]
pub(super) struct Container<'a> {
    pub(super) json: &'a [u8],
    pub(super) binary: Option<Cow<'a, [u8]>>,
}

const MAGIC: &[u8; 4] = b"glTF";
const CHUNK_JSON: u32 = 0x4E4F_534A;
const CHUNK_BINARY: u32 = 0x004E_4942;

/// Splits the bytes of a .glb or .gltf; `file` is its name for people.
pub(super) fn split<'a>(bytes: &'a [u8], file: &str) -> Result<Container<'a>, ImportError> {
    let refuse = |reason: &str| ImportError::WrongFormat { file: file.to_owned(), reason: reason.to_owned() };
    if !bytes.starts_with(MAGIC) {
        let begins_as_json =
            bytes.iter().find(|byte| !byte.is_ascii_whitespace() && !b"\xEF\xBB\xBF".contains(byte))
                == Some(&b'{');
        if !begins_as_json {
            return Err(refuse("it begins neither like a .glb nor like a .gltf"));
        }
        return Ok(Container { json: bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes), binary: None });
    }
    let word = |at: usize| {
        let raw = bytes.get(at..at + 4)?;
        Some(u32::from_le_bytes(raw.try_into().ok()?))
    };
    let (Some(version), Some(length)) = (word(4), word(8)) else {
        return Err(refuse("it ends inside the header"));
    };
    if version != 2 {
        return Err(refuse(&format!("it is binary glTF version {version}; version 2 is needed")));
    }
    let length = length as usize;
    if length > bytes.len() {
        let reason = format!("its header says {length} bytes, but only {} are there", bytes.len());
        return Err(ImportError::Broken { place: file.to_owned(), reason });
    }
    let mut json = None;
    let mut binary = None;
    let mut at = 12;
    while at < length {
        let (Some(size), Some(kind)) = (word(at), word(at + 4)) else {
            return Err(refuse("it ends inside a chunk's header"));
        };
        let body = bytes[..length].get(at + 8..).and_then(|rest| rest.get(..size as usize));
        let Some(body) = body else {
            return Err(refuse(&format!("a chunk says {size} bytes, but the file ends before")));
        };
        match kind {
            CHUNK_JSON if json.is_none() => json = Some(body),
            CHUNK_BINARY if binary.is_none() => binary = Some(Cow::Borrowed(body)),
            _ => {}
        }
        at += 8 + body.len();
    }
    let json = json.ok_or_else(|| refuse("it has no JSON chunk"))?;
    Ok(Container { json, binary })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chunk_longer_than_the_file_is_refused() {
        let mut glb = b"glTF\x02\0\0\0\x18\0\0\0".to_vec();
        glb.extend(0xFFFF_FFF0_u32.to_le_bytes());
        glb.extend(CHUNK_JSON.to_le_bytes());
        glb.extend(b"{}  ");
        assert!(split(&glb, "scene.glb").is_err());
    }

    #[test]
    fn text_is_not_a_scene() {
        assert!(split(b"hello", "scene.glb").is_err());
        assert!(split(b"", "scene.glb").is_err());
        assert!(split(b" {\"asset\":{}}", "scene.gltf").is_ok());
    }
}
