//! The picture.

use plotters::prelude::*;

use crate::{Findings, LIMIT};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/release-day.svg");
const SIZE: (u32, u32) = (720, 400);
const COLOURS: [RGBColor; 5] = [
    RGBColor(0, 158, 115),
    RGBColor(86, 180, 233),
    RGBColor(0, 114, 178),
    RGBColor(230, 159, 0),
    RGBColor(213, 94, 0),
];
/// Shorter waits are drawn as this, and longer ones as that, minutes.
const SHOWN: std::ops::Range<f64> = 0.5..1000.0;

/// Draws the longest wait over the number of workers, both growing by their powers.
pub(crate) fn draw(findings: &Findings) -> anyhow::Result<()> {
    let workers = || {
        findings
            .lines
            .iter()
            .flat_map(|(_, line)| line.iter().map(|(count, _)| *count))
    };
    let (fewest, most) = (workers().min().unwrap_or(1), workers().max().unwrap_or(1));
    let area = SVGBackend::new(FILE, SIZE).into_drawing_area();
    area.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&area)
        .margin(16)
        .caption(
            "The longest wait over the number of workers",
            ("sans-serif", 18),
        )
        .x_label_area_size(40)
        .y_label_area_size(56)
        .build_cartesian_2d((fewest..most).log_scale(), SHOWN.log_scale())?;
    chart
        .configure_mesh()
        .x_desc("workers, a core each")
        .y_desc("minutes")
        .light_line_style(TRANSPARENT)
        .draw()?;
    let limit = f64::from(LIMIT) / 60_000.0;
    let ends = [(fewest, limit), (most, limit)];
    chart.draw_series(LineSeries::new(ends, BLACK.mix(0.5).stroke_width(1)))?;
    for ((build, line), colour) in findings.lines.iter().zip(COLOURS) {
        let minutes = |wait: u32| (f64::from(wait) / 60_000.0).clamp(SHOWN.start, SHOWN.end);
        let points = line
            .iter()
            .map(|(workers, wait)| (*workers, minutes(*wait)));
        chart
            .draw_series(LineSeries::new(points, colour.stroke_width(2)).point_size(3))?
            .label(format!("{build} s a build"))
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 20, y)], colour.stroke_width(2)));
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperRight)
        .background_style(WHITE.mix(0.9))
        .border_style(BLACK.mix(0.2))
        .draw()?;
    area.present()?;
    Ok(())
}
