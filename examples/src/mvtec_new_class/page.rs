use ndarray::Axis;
use novelty_core::Reconstruct;
use novelty_report::{
    ImageCard, ImageGrid, LineChart, Picture, Report, Scatter, Section, Series, Table, Tile, Tone,
};

use super::clusters::{RULES, reduced, standardised};
use super::film::{chart, film};
use super::{Judged, Labelled, Learner, Metrics, PartKind, Stream};
use crate::Output;

/// Everything the page is drawn from.
#[derive(Debug)]
pub struct Shown<'a> {
    /// The kinds.
    pub parts: &'a [PartKind],
    /// The images.
    pub labelled: &'a Labelled,
    /// What the models make of them.
    pub judged: &'a [Judged],
    /// The dynamic run.
    pub stream: &'a Stream,
    /// The numbers.
    pub metrics: &'a Metrics,
}

impl Shown<'_> {
    fn of(&self, learner: Learner) -> Option<&Judged> {
        self.judged.iter().find(|judged| judged.model.learner == learner)
    }
}

/// Writes `report.html`, and its figures as PNG; the dynamic run is an animated one.
///
/// # Errors
/// If a figure cannot be drawn or a file not written.
pub fn write_report(output: &Output, shown: &Shown<'_>) -> anyhow::Result<()> {
    let metrics = shown.metrics;
    let known = &metrics.kinds[0];
    let later = metrics.kinds[1..].join(", ");
    let report = Report::new("A new class arrives").lead(format!(
        "Models that know {known} only meet {later}. How badly they redraw them, how the new parts \
         lie among the codes, and when a monitor says that there is a class it does not know."
    ));
    let report = tiles(shown).into_iter().fold(report, Report::tile);
    let report = report
        .section(dynamic(output, shown)?)
        .section(errors(output, shown)?)
        .section(codes(output, shown)?)
        .section(counts(output, shown)?);
    let report = report
        .provenance("Epochs", metrics.epochs.to_string())
        .provenance("Images", format!("{0}x{0} pixels", metrics.side));
    output.write_report(report, &metrics.run)
}

fn tiles(shown: &Shown<'_>) -> Vec<Tile> {
    let ratio = shown.of(Learner::Big).map_or(0.0, |of| of.ratio(shown.labelled, 1));
    let found = shown.stream.delays.iter().flatten().count();
    let delays: Vec<String> =
        shown.stream.delays.iter().flatten().map(|delay| delay.to_string()).collect();
    vec![
        Tile::new(format!("Error of {}", shown.metrics.kinds[1]), format!("{ratio:.0} times"))
            .note(format!("that of good {}; the big autoencoder", shown.metrics.kinds[0])),
        Tile::new("New kinds found", format!("{found} of {}", shown.stream.delays.len()))
            .note(format!("after {} images", delays.join(", "))),
        Tile::new("False proposals", shown.stream.n_false.to_string())
            .note(format!("among {} images", shown.stream.kinds.len())),
    ]
}

fn dynamic(output: &Output, shown: &Shown<'_>) -> anyhow::Result<Section> {
    let (stream, parts) = (shown.stream, shown.parts);
    let film = film(stream, parts)?;
    film.save_apng(output.path("dynamic.png"))?;
    let chart = chart(stream, parts, stream.kinds.len());
    let table = Table::new(["image", "what the monitor said"]);
    let rows = stream.events.iter().map(|of| [of.image.to_string(), of.event.clone()]);
    let table = rows.fold(table, Table::row);
    Ok(output
        .section("The dynamic run")
        .paragraph(
            "Parts come one by one: first of the known kind, good and defective, then every other \
             one of a new kind, and then of the next. The monitor knows the first kind by the big \
             autoencoder. What it cannot explain goes to a buffer; a cluster there that is dense, \
             tight and stable is proposed as a class, and learned once it has enough images.",
        )
        .figure("dynamic_end.png", &film, "The part that has just come, and the error so far.")?
        .figure(
            "stream.png",
            &chart,
            "The whole stream; below 1 an image is explained by a class.",
        )?
        .table(table)?
        .finish())
}

fn errors(output: &Output, shown: &Shown<'_>) -> anyhow::Result<Section> {
    Ok(output
        .section("What is redrawn badly")
        .figure(
            "reconstructions.png",
            &reconstructions(shown)?,
            "One image a label, and what each model makes of it.",
        )?
        .table(shown.metrics.comparison.table().caption(
            "Mean squared error. The published figures are of bottles and transistors at \
                 150x150.",
        ))?
        .table(by_label(shown))?
        .figure(
            "losses.png",
            &losses(shown),
            "Training, epoch by epoch; the variational one has another loss.",
        )?
        .finish())
}

fn by_label(shown: &Shown<'_>) -> Table {
    let header = ["label", "images"].into_iter().map(str::to_owned);
    let keys = shown.judged.iter().map(|of| of.model.learner.key().to_owned());
    let table = Table::new(header.chain(keys)).caption("Mean squared error by label");
    shown.labelled.names.iter().enumerate().fold(table, |table, (label, name)| {
        let n = shown.labelled.labels.iter().filter(|&&of| of == label).count();
        let errors = shown.judged.iter().map(|of| {
            let mean = of.mean_error(shown.labelled, |i| shown.labelled.labels[i] == label);
            format!("{mean:.5}")
        });
        table.row([name.clone(), n.to_string()].into_iter().chain(errors))
    })
}

fn reconstructions(shown: &Shown<'_>) -> anyhow::Result<ImageGrid> {
    let mut grid = ImageGrid::new("Reconstructions");
    for (label, name) in shown.labelled.names.iter().enumerate() {
        let Some(i) = shown.labelled.labels.iter().position(|&of| of == label) else { continue };
        let image = shown.labelled.images.select(Axis(0), &[i]);
        let mut card = ImageCard::new(name)
            .image("input", &Picture::from_image(image.index_axis(Axis(0), 0))?);
        for of in shown.judged {
            let redrawn = of.model.reconstruct(image.view())?;
            let picture = Picture::from_image(redrawn.index_axis(Axis(0), 0))?;
            card = card.image(of.model.learner.key(), &picture);
        }
        grid = grid.card(card);
    }
    Ok(grid)
}

fn losses(shown: &Shown<'_>) -> LineChart {
    let chart = LineChart::new("Loss").x_label("epoch").y_label("training loss").log_y(true);
    shown.judged.iter().fold(chart, |chart, of| match &of.model.history {
        Some(history) => {
            let points = history.epochs.iter().map(|e| (e.epoch as f64, e.train_loss));
            chart.series(Series::new(of.model.learner.key(), points))
        }
        None => chart,
    })
}

fn codes(output: &Output, shown: &Shown<'_>) -> anyhow::Result<Section> {
    let mut section = output.section("How the codes lie").paragraph(
        "The codes of all images, standardised, on their first two principal components. The \
         models never saw any kind but the first.",
    );
    for of in shown.judged {
        let plot = scatter(shown, of)?;
        let key = of.model.learner.key();
        let file = format!("codes_{key}.png");
        section = section.figure(&file, &plot, format!("Codes of {key}."))?;
    }
    let silhouettes =
        [("k-means", true), ("Gaussian mixtures", false)].map(|(name, is_k_means)| {
            let chart = LineChart::new(format!("Silhouette, {name}"))
                .x_label("clusters")
                .y_label("mean silhouette");
            shown.judged.iter().fold(chart, |chart, of| {
                let curves = &of.clusterings;
                let curve = if is_k_means { &curves.k_means } else { &curves.mixture };
                let points = curve.iter().enumerate().map(|(i, &value)| ((i + 2) as f64, value));
                chart.series(Series::new(of.model.learner.key(), points))
            })
        });
    for (chart, file) in silhouettes.iter().zip(["silhouette_k_means", "silhouette_mixture"]) {
        let file = format!("{file}.png");
        section =
            section.figure(&file, chart, "Higher is better; it cannot say that there is one.")?;
    }
    Ok(section.table(agreements(shown))?.finish())
}

fn scatter(shown: &Shown<'_>, of: &Judged) -> anyhow::Result<Scatter> {
    let points = reduced(standardised(of.codes.view()).view(), 2)?;
    let plot = Scatter::new(format!("Codes, {}", of.model.learner.key()))
        .x_label("component 1")
        .y_label("component 2");
    let kinds = 0..shown.parts.len();
    let groups = kinds.flat_map(|kind| [(kind, false), (kind, true)]);
    Ok(groups.fold(plot, |plot, (kind, is_defect)| {
        let of_group: Vec<usize> = (0..shown.labelled.kinds.len())
            .filter(|&i| {
                shown.labelled.kinds[i] == kind && shown.labelled.is_defect[i] == is_defect
            })
            .collect();
        let rows = points.select(Axis(0), &of_group);
        let name = &shown.metrics.kinds[kind];
        match (is_defect, of_group.is_empty()) {
            (_, true) => plot,
            (false, _) => plot.class(name, rows.view(), Tone::Automatic),
            (true, _) if kind == 0 => {
                plot.class(format!("{name}, defect"), rows.view(), Tone::Automatic)
            }
            (true, _) => plot,
        }
    }))
}

fn agreements(shown: &Shown<'_>) -> Table {
    let header = ["codes", "clustering", "clusters", "noise", "V", "ARI", "AMI", "silhouette"];
    let table = Table::new(header).caption(format!(
        "Agreement with the {} kinds of parts. Published, of the big autoencoder's DBSCAN, on \
         bottles alone by kind of defect: 3 clusters, 5 noise, V 0.187, ARI 0.033, AMI 0.166, \
         silhouette 0.608",
        shown.parts.len()
    ));
    shown.judged.iter().fold(table, |table, of| {
        of.clusterings.agreement.iter().fold(table, |table, agreement| {
            table.row([
                of.model.learner.key().to_owned(),
                agreement.clustering.clone(),
                agreement.n_clusters.to_string(),
                agreement.n_noise.to_string(),
                format!("{:.3}", agreement.v_measure),
                format!("{:.3}", agreement.adjusted_rand),
                format!("{:.3}", agreement.adjusted_mutual_information),
                agreement.silhouette.map_or("–".to_owned(), |value| format!("{value:.3}")),
            ])
        })
    })
}

fn counts(output: &Output, shown: &Shown<'_>) -> anyhow::Result<Section> {
    let header = ["codes", "true kinds"].into_iter().chain(RULES.map(|rule| rule.0));
    let mut table = Table::new(header);
    let mut row = 0;
    for of in shown.judged {
        for (kind, found) in of.counts.iter().enumerate() {
            let key = of.model.learner.key().to_owned();
            let cells = found.iter().map(|n| n.to_string());
            table = table.row([key, (kind + 1).to_string()].into_iter().chain(cells));
            for (rule, &n) in found.iter().enumerate() {
                if n == kind + 1 {
                    table = table.strong(row, rule + 2);
                }
            }
            row += 1;
        }
    }
    Ok(output
        .section("How many kinds there are")
        .paragraph(
            "Good images of the first one, two, three and four kinds. A test says first whether \
             there is more than one cluster, and then each rule chooses among two and more. Right \
             answers stand out.",
        )
        .table(table)?
        .finish())
}
