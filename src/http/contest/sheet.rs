//! The ranking as a spreadsheet.

use actix_web::web;
use rust_xlsxwriter::{Format, Workbook, Worksheet, XlsxError};

use crate::error::Refusal;
use crate::measurement::export::{Ranking, Score, Standing, Status};
use crate::measurement::{Category, Frequency, State, for_file, local};

use super::asked::Asked;
use super::call::Told;
use super::endpoint::XLSX;
use super::exports::file;

/// Where a sheet's next row goes. Names are written as texts: nothing that a team calls itself becomes a
/// formula.
struct Rows<'a> {
    sheet: &'a mut Worksheet,
    row: u32,
    bold: Format,
    millimetres: Format,
}

/// What stands in a cell.
enum Cell<'a> {
    Empty,
    Text(&'a str),
    Number(f64),
    Millimetres(f64),
}

pub(super) async fn ranking(asked: &Asked) -> Told {
    let category = asked.query.category()?;
    let state = asked.state().await?;
    // Compressing takes a while, and this thread has sockets to serve.
    let made = web::block(move || workbook(&state, category)).await;
    let bytes = made.ok().and_then(|made| made.inspect_err(|error| tracing::error!(%error, "no spreadsheet")).ok());
    let bytes = bytes.ok_or(Refusal::Busy)?;
    let which = category.map_or("semua", Category::as_str);
    let name = format!("peringkat_{which}_{}.xlsx", for_file(asked.contest.now().unix_ms));
    Ok(file(XLSX, &name).body(bytes))
}

/// A sheet for each category, and one of all numbers. Its size is that of the list of runs, not of their
/// points, so it is made in memory and leaves no file behind.
fn workbook(state: &State, category: Option<Category>) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    for wanted in Category::ALL.into_iter().filter(|wanted| category.is_none_or(|category| category == *wanted)) {
        let name = match wanted {
            Category::Baja => "Baja",
            Category::Beton => "Beton",
        };
        let mut rows = Rows::new(workbook.add_worksheet().set_name(name)?);
        rows.ranking(&Ranking::new(state, wanted))?;
    }
    Rows::new(workbook.add_worksheet().set_name("Angka")?).numbers(state, category)?;
    workbook.save_to_buffer()
}

impl<'a> Rows<'a> {
    fn new(sheet: &'a mut Worksheet) -> Self {
        Self { sheet, row: 0, bold: Format::new().set_bold(), millimetres: Format::new().set_num_format("0.0000") }
    }

    fn ranking(&mut self, ranking: &Ranking) -> Result<(), XlsxError> {
        self.sheet.set_column_width(2, 48)?;
        self.heads(&[&format!("Peringkat {} / Ranking", ranking.category)])?;
        self.heads(&[
            "Simpangan puncak terbesar (mm); terkecil = terbaik / greatest peak displacement, least is best",
        ])?;
        self.row += 1;
        let mut heads = vec!["Peringkat".to_owned(), "Alias".to_owned(), "Tim".to_owned()];
        for frequency in Frequency::ALL {
            heads.extend([
                format!("{frequency} Hz maks (mm)"),
                format!("{frequency} Hz peringkat"),
                format!("{frequency} Hz status"),
            ]);
        }
        heads.extend(["Frekuensi dinilai".to_owned(), "Total (mm)".to_owned()]);
        self.heads(&heads.iter().map(String::as_str).collect::<Vec<_>>())?;
        for standing in &ranking.standings {
            self.standing(standing)?;
        }
        for frequency in Frequency::ALL {
            self.row += 1;
            self.heads(&[&format!("{frequency} Hz")])?;
            self.heads(&[
                "Peringkat",
                "Alias",
                "Tim",
                "Maks (mm)",
                "Rata-rata (mm)",
                "Jumlah titik",
                "Status",
                "Sesi",
            ])?;
            for (team, score) in ranking.at(frequency) {
                let alias = team.alias();
                let (max, avg) = (score.tally.max_distb, score.tally.avg_distb());
                self.cells(&[
                    whole(score.place),
                    Cell::Text(&alias),
                    Cell::Text(&team.nama_tim),
                    placed(score, max),
                    placed(score, avg),
                    Cell::Number(count(score.tally.count)),
                    Cell::Text(score.status.text()),
                    score.run.map_or(Cell::Empty, |run| Cell::Number(id(run.0))),
                ])?;
            }
        }
        Ok(())
    }

    fn standing(&mut self, standing: &Standing) -> Result<(), XlsxError> {
        let alias = standing.team.alias();
        let mut cells = vec![whole(standing.place), Cell::Text(&alias), Cell::Text(&standing.team.nama_tim)];
        for score in &standing.scores {
            cells.extend([placed(score, score.tally.max_distb), whole(score.place), Cell::Text(score.status.text())]);
        }
        cells.push(whole(Some(standing.placed)));
        cells.push(if standing.placed > 0 { Cell::Millimetres(standing.total) } else { Cell::Empty });
        self.cells(&cells)
    }

    fn numbers(&mut self, state: &State, category: Option<Category>) -> Result<(), XlsxError> {
        self.sheet.set_column_width(5, 48)?;
        self.heads(&[
            "Sesi",
            "Kategori",
            "Frekuensi (Hz)",
            "Lajur",
            "Alias",
            "Tim",
            "Status",
            "Mulai",
            "Durasi (s)",
            "Jumlah titik",
            "Maks A (mm)",
            "Maks Puncak (mm)",
            "Rata-rata A (mm)",
            "Rata-rata Puncak (mm)",
        ])?;
        for (key, tally) in state.tallies.iter().filter(|(key, _)| category.is_none_or(|only| only == key.category)) {
            let Some(run) = key.run.and_then(|run| state.runs.get(&run)) else { continue };
            let started = local(run.started_at_ms);
            let alias = format!("{}-{}", key.category.letter(), key.lane);
            self.cells(&[
                Cell::Number(id(run.id.0)),
                Cell::Text(key.category.as_str()),
                Cell::Number(run.frequency.hertz()),
                Cell::Number(key.lane.number().into()),
                Cell::Text(&alias),
                Cell::Text(&state.teams.name(key.category, key.lane)),
                Cell::Text(if run.is_running() { "Berjalan" } else { Status::of(run).text() }),
                Cell::Text(&started),
                run.stop.map_or(Cell::Empty, |stop| Cell::Number(f64::from(stop.duration_ms) / 1000.0)),
                Cell::Number(count(tally.count)),
                Cell::Millimetres(tally.max_dista),
                Cell::Millimetres(tally.max_distb),
                Cell::Millimetres(tally.avg_dista()),
                Cell::Millimetres(tally.avg_distb()),
            ])?;
        }
        Ok(())
    }

    fn heads(&mut self, texts: &[&str]) -> Result<(), XlsxError> {
        for (column, text) in (0..).zip(texts) {
            self.sheet.write_string_with_format(self.row, column, *text, &self.bold)?;
        }
        self.row += 1;
        Ok(())
    }

    fn cells(&mut self, cells: &[Cell<'_>]) -> Result<(), XlsxError> {
        for (column, cell) in (0..).zip(cells) {
            match cell {
                Cell::Empty => {}
                Cell::Text(text) => drop(self.sheet.write_string(self.row, column, *text)?),
                Cell::Number(number) => drop(self.sheet.write_number(self.row, column, *number)?),
                Cell::Millimetres(number) => {
                    self.sheet.write_number_with_format(self.row, column, *number, &self.millimetres)?;
                }
            }
        }
        self.row += 1;
        Ok(())
    }
}

/// A measure that counts; a lane that saw nothing has none.
fn placed<'a>(score: &Score, value: f64) -> Cell<'a> {
    if score.place.is_some() { Cell::Millimetres(value) } else { Cell::Empty }
}

fn whole<'a>(number: Option<usize>) -> Cell<'a> {
    number.map_or(Cell::Empty, |number| Cell::Number(f64::from(u32::try_from(number).unwrap_or(u32::MAX))))
}

fn count(number: u64) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(u32::MAX))
}

fn id(number: i64) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(u32::MAX))
}
