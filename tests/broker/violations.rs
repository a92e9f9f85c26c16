//! Bytes that RFC 6455 forbids: each ends its own connection with the right code, and no other.

use crate::support::{Client, Frame, Opcode, TestBroker, close_payload, frame, frame_with};

const PING: &[u8] = br#"{"event":"pusher:ping"}"#;

/// Sends each of `attacks` on a connection of its own, and sees that it is closed with `code` while
/// a bystander stays.
async fn each_closes_with(code: u16, attacks: &[Vec<u8>]) {
    let broker = TestBroker::start().await;
    let mut bystander = broker.connect().await;
    for attack in attacks {
        let mut client = broker.connect().await;
        client.send_raw(attack).await;
        client.expect_close(code).await;
        bystander.quiet().await;
    }
}

#[tokio::test]
async fn reserved_bits_close_with_1002() {
    each_closes_with(1002, &[0xC1, 0xA1, 0x91, 0xF1, 0xC9, 0xC8].map(|head| frame_with(head, PING))).await;
}

#[tokio::test]
async fn reserved_opcodes_close_with_1002() {
    each_closes_with(1002, &[0x83, 0x84, 0x87, 0x8B, 0x8F, 0x03].map(|head| frame_with(head, PING))).await;
}

#[tokio::test]
async fn an_unmasked_frame_closes_with_1002() {
    let text = [&[0x81, 23], PING].concat();
    let ping = vec![0x89, 0];
    let close = [&[0x88, 2][..], &1000_u16.to_be_bytes()].concat();
    each_closes_with(1002, &[text, ping, close]).await;
}

#[tokio::test]
async fn an_oversized_control_frame_closes_with_1002() {
    let long = [b'x'; 126];
    each_closes_with(1002, &[Opcode::Ping, Opcode::Pong, Opcode::Close].map(|opcode| frame(opcode, &long))).await;
}

#[tokio::test]
async fn a_fragmented_control_frame_closes_with_1002() {
    each_closes_with(1002, &[0x08, 0x09, 0x0A].map(|head| frame_with(head, b""))).await;
}

#[tokio::test]
async fn a_continuation_without_a_start_closes_with_1002() {
    let after_a_whole_message = [frame(Opcode::Pong, b""), frame_with(0x00, b"x")].concat();
    each_closes_with(1002, &[frame_with(0x80, PING), frame_with(0x00, PING), after_a_whole_message]).await;
}

#[tokio::test]
async fn a_new_message_inside_another_closes_with_1002() {
    let start = frame_with(0x01, b"{");
    let texts = [frame(Opcode::Text, PING), frame_with(0x01, b"{")];
    each_closes_with(1002, &texts.map(|text| [start.clone(), text].concat())).await;
}

#[tokio::test]
async fn a_malformed_close_frame_closes_with_1002() {
    let codes = [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535];
    let mut attacks: Vec<Vec<u8>> = codes.iter().map(|code| frame(Opcode::Close, &close_payload(*code, ""))).collect();
    attacks.push(frame(Opcode::Close, &[3]));
    each_closes_with(1002, &attacks).await;
}

#[tokio::test]
async fn text_that_is_not_utf_8_closes_with_1007() {
    let texts: [&[u8]; 7] = [
        b"\xFF",
        b"{\"event\":\"\xC3\"}",
        b"\xC0\xAF",
        b"\xED\xA0\x80",
        b"\xF4\x90\x80\x80",
        b"\xE2\x82",
        b"{\"event\":\"pusher:ping\",\"data\":\"\x80\"}",
    ];
    let mut attacks: Vec<Vec<u8>> = texts.iter().map(|text| frame(Opcode::Text, text)).collect();
    attacks.push([frame_with(0x01, b"{\"event\":\"\xF0\x9F"), frame_with(0x80, b"x\"}")].concat());
    each_closes_with(1007, &attacks).await;
}

/// C-023 for fragments.
#[tokio::test]
async fn fragmented_binary_closes_with_1003() {
    each_closes_with(1003, &[[frame_with(0x02, b"x"), frame_with(0x80, b"y")].concat()]).await;
}

/// C-060. The closing handshake in all its legal forms.
#[tokio::test]
async fn a_legal_close_is_answered_with_its_own_code() {
    let broker = TestBroker::start().await;
    for code in [1000, 1001, 1003, 1011, 3000, 4000, 4999] {
        let mut client = broker.connect().await;
        client.send_raw(&frame(Opcode::Close, &close_payload(code, "done, größe"))).await;
        let answer = client.next_frame().await;
        assert_eq!(answer.close().0, Some(code));
        client.expect_end().await;
    }
    let mut client = broker.connect().await;
    client.send_raw(&frame(Opcode::Close, b"")).await;
    let answer = client.next_frame().await;
    assert!(matches!(answer.close().0, None | Some(1000)), "{answer:?}");
    client.expect_end().await;
}

/// C-060. What follows a Close is not looked at.
#[tokio::test]
async fn frames_behind_a_close_have_no_effect() {
    let broker = TestBroker::start().await;
    let mut client = broker.connect().await;
    let close = frame(Opcode::Close, &close_payload(1000, ""));
    client.send_raw(&[close, frame(Opcode::Text, PING), frame(Opcode::Ping, b"x")].concat()).await;
    assert_eq!(client.next_frame().await.close().0, Some(1000));
    client.expect_end().await;
}

#[tokio::test]
async fn random_bytes_end_their_connection_only() {
    let broker = TestBroker::start().await;
    let mut bystander = broker.connect().await;
    bystander.subscribe("chat").await;
    // A fixed generator: the same garbage in every run.
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    let mut random = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_be_bytes()
    };
    for _ in 0..50 {
        let mut client = broker.connect().await;
        let garbage: Vec<u8> = (0..512).flat_map(|_| random()).collect();
        // The broker may close at the first bytes already.
        let _closed = client.try_send_raw(&garbage).await;
        end_of(&mut client).await;
    }
    broker.publish("chat", "greet", "1").await;
    bystander.expect(r#"{"event":"greet","channel":"chat","data":"1"}"#).await;
    bystander.quiet().await;
}

/// Garbage is a violation unless it happens to announce a long frame; then the end is ours.
async fn end_of(client: &mut Client) {
    let _closed = client.try_send_raw(&frame_with(0xF0, b"")).await;
    client.finish_sending().await;
    while let Some(Frame { opcode, payload }) = client.frame_or_end().await {
        assert_ne!(opcode, Opcode::Text, "{:?}", String::from_utf8_lossy(&payload));
    }
}
