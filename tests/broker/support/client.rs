//! A connection as a client library has it, down to the frames.

use std::io;

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::{APP, AppKeys, Frame, FrameReader, Opcode, Response, close_payload, frame, shape, within};

/// One WebSocket, or what became of the attempt to get one.
#[derive(Debug)]
pub(crate) struct Client {
    stream: TcpStream,
    reader: FrameReader,
    /// Answer to the handshake; the socket works only if its status is 101.
    pub(crate) response: Response,
    /// Given by `pusher:connection_established`; empty before.
    pub(crate) socket_id: String,
    /// The app whose secret signs; the first one unless a test changes it.
    pub(crate) app: AppKeys,
    /// Whether `next` and its kin answer control pings, as every WebSocket library does.
    pub(crate) answers_pings: bool,
}

impl Client {
    pub(super) fn new(stream: TcpStream, rest: Vec<u8>, response: Response) -> Self {
        let reader = FrameReader::new(rest);
        Self { stream, reader, response, socket_id: String::new(), app: APP, answers_pings: true }
    }

    // Sending.

    /// One text frame.
    pub(crate) async fn send(&mut self, text: &str) {
        self.send_raw(&frame(Opcode::Text, text.as_bytes())).await;
    }

    /// Bytes as they are.
    pub(crate) async fn send_raw(&mut self, bytes: &[u8]) {
        within("the broker to take bytes", self.stream.write_all(bytes)).await.expect("the socket is open");
    }

    /// Bytes as they are, to a broker that may have closed the socket already.
    pub(crate) async fn try_send_raw(&mut self, bytes: &[u8]) -> io::Result<()> {
        within("the broker to take bytes", self.stream.write_all(bytes)).await
    }

    /// Bytes as they are, for as long as it takes.
    pub(crate) async fn write_some(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes).await
    }

    // Reading.

    /// The next frame of any kind; panics when the stream ends.
    pub(crate) async fn next_frame(&mut self) -> Frame {
        self.frame_for("a frame").await
    }

    /// Text of the next text frame; answers control pings (unless told not to) and passes over
    /// pongs.
    pub(crate) async fn next(&mut self) -> String {
        self.next_for("a text frame").await
    }

    /// The next text frame is exactly this.
    pub(crate) async fn expect(&mut self, text: &str) {
        let found = self.next_for(text).await;
        assert_eq!(found, text);
    }

    /// The next frame is a Close with this code; answers it and sees the end of the stream. Gives
    /// the reason.
    pub(crate) async fn expect_close(&mut self, code: u16) -> String {
        let what = format!("a Close frame with {code}");
        let close = within(&what, self.close_for(&what)).await;
        let (found, reason) = close.close();
        assert_eq!(found, Some(code), "close code, reason {reason:?}");
        assert!(close.payload.len() <= 125, "a Close frame holds 125 bytes at most");
        let reason = reason.to_owned();
        self.finish_close(code).await;
        reason
    }

    async fn close_for(&mut self, what: &str) -> Frame {
        loop {
            let frame = self.frame_for(what).await;
            match frame.opcode {
                Opcode::Ping | Opcode::Pong => {}
                Opcode::Close => return frame,
                Opcode::Text | Opcode::Binary | Opcode::Continuation => {
                    panic!("{:?} instead of {what}", String::from_utf8_lossy(&frame.payload))
                }
            }
        }
    }

    /// Answers the broker's Close and sees the end of the stream.
    pub(super) async fn finish_close(&mut self, code: u16) {
        // The broker may have dropped the socket by now; then there is nobody to answer.
        let _ended = self.try_send_raw(&frame(Opcode::Close, &close_payload(code, ""))).await;
        self.expect_end().await;
    }

    /// The stream ends here, by FIN or RST, without another frame.
    pub(crate) async fn expect_end(&mut self) {
        let end = within("the end of the stream", self.reader.next(&mut self.stream)).await;
        assert!(!matches!(end, Ok(Some(_))), "expected the end of the stream, got {end:?}");
    }

    // Leaving.

    /// Says goodbye as a browser does, and sees the broker's Close and the end of the stream.
    pub(crate) async fn close(mut self) {
        self.send_raw(&frame(Opcode::Close, &close_payload(1000, ""))).await;
        loop {
            let frame = self.frame_for("the answer to our Close").await;
            if frame.opcode == Opcode::Close {
                assert_eq!(frame.close().0, Some(1000), "the broker answers with the code it got");
                break;
            }
        }
        self.expect_end().await;
    }

    /// Sends FIN; what the broker still has to say can be read.
    pub(crate) async fn finish_sending(&mut self) {
        // An error says that the broker ended the connection already.
        let _ended = self.stream.shutdown().await;
    }

    /// The next frame, or `None` when the stream ended, by FIN or by RST.
    pub(crate) async fn frame_or_end(&mut self) -> Option<Frame> {
        let next = self.reader.next(&mut self.stream);
        within("a frame or the end of the stream", next).await.unwrap_or_default()
    }

    /// Drops the connection with a TCP reset, as a crash does.
    pub(crate) fn reset(self) {
        self.stream.set_zero_linger().expect("SO_LINGER");
    }

    /// The socket itself, for tests that change its options.
    pub(crate) fn stream(&self) -> &TcpStream {
        &self.stream
    }

    pub(super) async fn next_for(&mut self, what: &str) -> String {
        // Pings that come and go must not prolong the wait.
        within(&format!("{what} (socket {:?})", self.socket_id.clone()), self.text_for(what)).await
    }

    async fn text_for(&mut self, what: &str) -> String {
        loop {
            let found = self.frame_for(what).await;
            match found.opcode {
                Opcode::Text => return found.text().to_owned(),
                Opcode::Ping if self.answers_pings => self.send_raw(&frame(Opcode::Pong, &found.payload)).await,
                Opcode::Ping | Opcode::Pong => {}
                Opcode::Close => panic!("closed with {:?} instead of {what}", found.close()),
                Opcode::Binary | Opcode::Continuation => panic!("{found:?} instead of {what}"),
            }
        }
    }

    /// Reads a frame and checks what holds of all of them.
    async fn frame_for(&mut self, what: &str) -> Frame {
        let what = format!("{what} (socket {:?})", self.socket_id);
        let frame = within(&what, self.reader.next(&mut self.stream)).await;
        let frame = frame.unwrap_or_else(|error| panic!("{error} instead of {what}"));
        let frame = frame.unwrap_or_else(|| panic!("the stream ended instead of {what}"));
        match frame.opcode {
            Opcode::Text => shape::check(frame.text()),
            Opcode::Close => {
                let code = frame.close().0;
                // C-058.
                assert!(!code.is_some_and(|code| (4300..4400).contains(&code)), "43xx never closes: {frame:?}");
            }
            Opcode::Binary | Opcode::Continuation | Opcode::Ping | Opcode::Pong => {}
        }
        frame
    }
}
