//! The picture.

use plotters::prelude::*;

use crate::scale::{Line, SIZES};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/scale.svg");
const SIZE: (u32, u32) = (720, 400);
const COLOURS: [RGBColor; 4] = [
    RGBColor(0, 114, 178),
    RGBColor(86, 180, 233),
    RGBColor(213, 94, 0),
    RGBColor(230, 159, 0),
];

/// Draws milliseconds over the number of finished jobs, which grows by its powers.
pub(crate) fn draw(lines: &[Line]) {
    let highest = lines.iter().flat_map(|line| line.costs).fold(0.0, f64::max);
    let area = SVGBackend::new(FILE, SIZE).into_drawing_area();
    area.fill(&WHITE).unwrap();
    let mut chart = ChartBuilder::on(&area)
        .margin(16)
        .caption("Cost of a request over what is stored", ("sans-serif", 18))
        .x_label_area_size(40)
        .y_label_area_size(56)
        .build_cartesian_2d((SIZES[0]..SIZES[2]).log_scale(), 0.0..highest * 1.6)
        .unwrap();
    chart
        .configure_mesh()
        .x_desc("finished jobs")
        .y_desc("milliseconds")
        .x_label_formatter(&|jobs| format!("{jobs}"))
        .light_line_style(TRANSPARENT)
        .draw()
        .unwrap();
    for (line, colour) in lines.iter().zip(COLOURS) {
        let points: Vec<(u32, f64)> = SIZES.into_iter().zip(line.costs).collect();
        let drawn = LineSeries::new(points, colour.stroke_width(2)).point_size(3);
        chart
            .draw_series(drawn)
            .unwrap()
            .label(line.name())
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 20, y)], colour.stroke_width(2)));
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperRight)
        .border_style(BLACK.mix(0.2))
        .draw()
        .unwrap();
    area.present().unwrap();
}
