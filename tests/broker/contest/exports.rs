//! The users' files, byte for byte, and cleaner ones beside them.

use serde_json::json;

use crate::support::{ContestBroker, viewer};

/// Times differ from run to run: each `YYYY-MM-DD hh:mm:ss`, with milliseconds or not, becomes `T`.
fn timeless(text: &str) -> String {
    let mut told = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("\"20") {
        let (before, tail) = rest.split_at(at + 1);
        let end = tail.find('"').expect("a closing quote");
        told.push_str(before);
        told.push('T');
        rest = &tail[end..];
    }
    told + rest
}

async fn export(contest: &ContestBroker, path: &str) -> (String, String) {
    let answer = contest.broker.get_as(&viewer(), &format!("/api/v2/contest/exports/{path}")).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    (answer.header("content-disposition").expect("a file's name").to_owned(), answer.body)
}

/// Two runs and one point without a run; a team's name has a quote, one value more than three digits.
async fn contest() -> ContestBroker {
    let contest = ContestBroker::start().await;
    let handle = contest.broker.contest();
    let rename = r#"[{"laptop_id":2,"category":"baja","nama_tim":"Kampus \"X\""}]"#;
    handle.rename(serde_json::from_str(rename).unwrap()).await.unwrap();
    let send = async |lane: u8, distb: f64| {
        let point = json!({ "laptop_id": lane, "dista": 0.5, "distb": distb, "is_b_detected": true });
        assert_eq!(contest.trigger("baja", lane, &point).await.status, 200);
    };
    let start = async |frequency: &str| {
        let frequency = frequency.parse().unwrap();
        handle.start("baja".parse().unwrap(), frequency, saluran::contest::Replace::No).await.unwrap();
    };
    start("1.5").await;
    send(1, -1234.5).await;
    send(2, 3.25).await;
    handle.stop(None, saluran::measurement::EndedBy::Judge).await.unwrap();
    start("2.5").await;
    send(1, 7.0).await;
    handle.stop(None, saluran::measurement::EndedBy::Collapse).await.unwrap();
    send(1, 1.0).await;
    contest
}

/// A8.3: thousands separators, four decimals, quotes as PHP sets them, free points twice.
#[tokio::test]
async fn the_realtime_file_is_what_it_was() {
    let contest = contest().await;
    let (name, text) = export(&contest, "realtime.csv").await;
    assert!(name.starts_with("attachment; filename=\"realtime_data_20") && name.ends_with(".csv\""), "{name}");
    assert_eq!(
        timeless(&text),
        "Laptop_ID,Team_Name,Category,Timestamp,Realtime_Disp_Puncak_mm,Max_Disp_Puncak_mm,\
         Avg_Disp_Puncak_mm_per_s,Frequency_Hz\n\
         1,\"Universitas Udayana_Abhipraya\",baja,\"T\",\"-1,234.5000\",\"1,234.5000\",\"1,234.5000\",1.5\n\
         2,\"Kampus \"\"X\"\"\",baja,\"T\",3.2500,3.2500,3.2500,1.5\n\
         1,\"Universitas Udayana_Abhipraya\",baja,\"T\",7.0000,7.0000,7.0000,2.5\n\
         1,\"Universitas Udayana_Abhipraya\",baja,\"T\",1.0000,0.0000,0.0000,0.0\n\
         1,\"Politeknik Negeri Bandung_Wirajaya Palawiri\",beton,\"T\",1.0000,0.0000,0.0000,0.0\n"
    );
    let (_, lane) = export(&contest, "realtime.csv?laptop_id=2").await;
    assert_eq!(lane.lines().count(), 2);
}

#[tokio::test]
async fn the_session_file_is_what_it_was() {
    let contest = contest().await;
    let (name, text) = export(&contest, "session.csv").await;
    assert!(name.starts_with("attachment; filename=\"session_data_20"), "{name}");
    assert_eq!(
        timeless(&text),
        "Laptop_ID,Team_Name,Category,Waktu_Detik,Avg_Disp_Puncak_mm_per_s,Max_Disp_Puncak_mm,\
         Realtime_Disp_Puncak_mm,Frequency_Hz,Started_At,Stopped_At\n\
         1,\"Universitas Udayana_Abhipraya\",baja,00:00,\"1,234.5000\",\"1,234.5000\",\"-1,234.5000\",1.5,\"T\",\"T\"\n\
         2,\"Kampus \"\"X\"\"\",baja,00:00,3.2500,3.2500,3.2500,1.5,\"T\",\"T\"\n\
         1,\"Universitas Udayana_Abhipraya\",baja,00:00,7.0000,7.0000,7.0000,2.5,\"T\",\"T\"\n"
    );
    let (_, one) = export(&contest, "session.csv?laptop_id=1&frequency=2.5").await;
    assert_eq!(one.lines().count(), 2);
}

/// The run in progress is not in the session file; an empty contest is a header.
#[tokio::test]
async fn nothing_to_export_is_a_header_only() {
    let contest = ContestBroker::start().await;
    let (_, text) = export(&contest, "session.csv").await;
    assert_eq!(text.lines().count(), 1);
    let (_, text) = export(&contest, "points.csv").await;
    assert_eq!(text.lines().count(), 1);
}

/// D1: collapsed and not done are marked; nothing becomes a formula.
#[tokio::test]
async fn a_teams_file_says_what_became_of_each_frequency() {
    let contest = contest().await;
    let name = r#"[{"laptop_id":1,"category":"baja","nama_tim":"=HYPERLINK(\"x\")"}]"#;
    contest.broker.contest().rename(serde_json::from_str(name).unwrap()).await.unwrap();
    let (_, text) = export(&contest, "team.csv?laptop_id=1&category=baja").await;
    for (frequency, status) in [("1.5", "Selesai"), ("2.5", "Roboh"), ("3.5", "Tidak dilakukan")] {
        let is_it = |line: &&str| line.contains(&format!(",{frequency},{status},"));
        assert_eq!(text.lines().filter(is_it).count(), 1, "{frequency} {status}: {text}");
    }
    assert!(!text.contains(",=HYPERLINK") && !text.contains(",\"=HYPERLINK"), "{text}");
}
