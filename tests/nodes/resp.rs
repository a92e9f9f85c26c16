//! Redis' protocol, as much of it as tests say and hear.

use std::io;
use std::net::Ipv4Addr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// What Redis answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reply {
    Text(Vec<u8>),
    Number(i64),
    List(Vec<Self>),
    Nothing,
    Refused(String),
}

impl Reply {
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Text(bytes) => String::from_utf8_lossy(bytes).into_owned(),
            Self::Number(number) => number.to_string(),
            Self::List(parts) => parts.iter().map(Self::text).collect::<Vec<_>>().join(" "),
            Self::Nothing => String::new(),
            Self::Refused(why) => why.clone(),
        }
    }
}

/// A connection to a server.
#[derive(Debug)]
pub(crate) struct Resp {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Resp {
    pub(crate) async fn open(port: u16) -> io::Result<Self> {
        Ok(Self { stream: TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?, buffer: Vec::new() })
    }

    pub(crate) async fn ask(&mut self, words: &[&str]) -> io::Result<Reply> {
        self.send(words).await?;
        self.next().await
    }

    pub(crate) async fn send(&mut self, words: &[&str]) -> io::Result<()> {
        let mut bytes = format!("*{}\r\n", words.len()).into_bytes();
        for word in words {
            bytes.extend(format!("${}\r\n{word}\r\n", word.len()).into_bytes());
        }
        self.stream.write_all(&bytes).await
    }

    /// The next reply; what was read of it stays when nobody waits any more.
    pub(crate) async fn next(&mut self) -> io::Result<Reply> {
        loop {
            if let Some((reply, length)) = parse(&self.buffer) {
                self.buffer.drain(..length);
                return Ok(reply);
            }
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
    }
}

/// The first whole reply, and its length.
fn parse(bytes: &[u8]) -> Option<(Reply, usize)> {
    let end = bytes.windows(2).position(|two| two == b"\r\n")?;
    let (kind, line) = (bytes[0], std::str::from_utf8(&bytes[1..end]).expect("lines are text"));
    let mut length = end + 2;
    let count = || line.parse::<i64>().expect("a number");
    let reply = match kind {
        b'+' => Reply::Text(line.as_bytes().to_vec()),
        b'-' => Reply::Refused(line.to_owned()),
        b':' => Reply::Number(count()),
        b'$' | b'*' if count() < 0 => Reply::Nothing,
        b'$' => {
            let text = bytes.get(length..length + usize::try_from(count()).expect("not below 0"))?;
            length += text.len() + 2;
            if bytes.len() < length {
                return None;
            }
            Reply::Text(text.to_vec())
        }
        b'*' => {
            let mut parts = Vec::new();
            for _ in 0..count() {
                let (part, taken) = parse(bytes.get(length..)?)?;
                parts.push(part);
                length += taken;
            }
            Reply::List(parts)
        }
        other => panic!("a reply of kind {:?}", char::from(other)),
    };
    Some((reply, length))
}
