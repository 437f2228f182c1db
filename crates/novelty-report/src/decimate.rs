//! Lines of any number of points, drawn with as many as the eye can tell.

use crate::scene::Point;

/// Points a line may be off by, in pixels, when it is simplified.
const TOLERANCE: f32 = 0.05;

/// Leaves out the points of a line that no pixel shows.
///
/// Of all points in one pixel column the first, the lowest, the highest and the last stay, so
/// that no spike is lost; then points on the straight line between their neighbours go. What
/// is left is bounded by the width of the drawing, for x that does not decrease.
pub(crate) fn decimate(points: impl IntoIterator<Item = Point>) -> Vec<Point> {
    let mut kept = Vec::new();
    let mut column = Column::default();
    for point in points {
        if !column.take(point) {
            column.flush(&mut kept);
            column.take(point);
        }
    }
    column.flush(&mut kept);
    straightened(kept)
}

/// The points that matter among those of one pixel column, with their order of arrival.
#[derive(Default)]
struct Column {
    count: usize,
    number: i32,
    first: (usize, Point),
    low: (usize, Point),
    high: (usize, Point),
    last: (usize, Point),
}

impl Column {
    /// Takes a point in; `false` when it lies in another column.
    fn take(&mut self, point: Point) -> bool {
        let entry = (self.count, point);
        let number = point.0.floor() as i32;
        if self.count == 0 {
            self.number = number;
            (self.first, self.low, self.high) = (entry, entry, entry);
        } else if number != self.number {
            return false;
        }
        if point.1 < self.low.1.1 {
            self.low = entry;
        }
        if point.1 > self.high.1.1 {
            self.high = entry;
        }
        self.last = entry;
        self.count += 1;
        true
    }

    fn flush(&mut self, kept: &mut Vec<Point>) {
        if self.count > 0 {
            let mut entries = [self.first, self.low, self.high, self.last];
            entries.sort_by_key(|(order, _)| *order);
            let mut previous = None;
            for (order, point) in entries {
                if previous != Some(order) {
                    kept.push(point);
                }
                previous = Some(order);
            }
        }
        self.count = 0;
    }
}

/// Drops points that lie on the way from the point kept before them to the one after.
fn straightened(points: Vec<Point>) -> Vec<Point> {
    let mut kept: Vec<usize> = Vec::new();
    for i in 0..points.len() {
        let drop = kept.last().is_some_and(|last| {
            let after = points.get(i + 1);
            // All points since the last kept one are asked, or a gentle curve would go straight.
            after.is_some_and(|after| {
                points[last + 1..=i].iter().all(|p| on_the_way(points[*last], *p, *after))
            })
        });
        if !drop {
            kept.push(i);
        }
    }
    kept.into_iter().map(|i| points[i]).collect()
}

fn on_the_way(before: Point, point: Point, after: Point) -> bool {
    let (dx, dy) = (after.0 - before.0, after.1 - before.1);
    let (px, py) = (point.0 - before.0, point.1 - before.1);
    let length = dx.hypot(dy);
    if length < f32::EPSILON {
        return px.hypot(py) < TOLERANCE;
    }
    let (along, aside) = ((px * dx + py * dy) / length, (px * dy - py * dx) / length);
    (0.0..=length).contains(&along) && aside.abs() < TOLERANCE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_million_points_become_few_and_keep_the_spike() {
        let n = 1_000_000u64;
        let noisy = (0..n).map(|i| {
            let y = if i == 777_777 { 900.0 } else { ((i * 7919) % 100) as f32 };
            (i as f32 * 600.0 / n as f32, y)
        });
        let kept = decimate(noisy);
        assert!(kept.len() <= 4 * 600, "{}", kept.len());
        assert!(kept.iter().any(|(_, y)| *y > 899.0));
    }

    #[test]
    fn a_staircase_keeps_its_corners() {
        let steps =
            [(0.0, 0.0), (0.0, 10.0), (0.0, 20.0), (50.0, 20.0), (80.0, 20.0), (80.0, 40.0)];
        assert_eq!(decimate(steps), [(0.0, 0.0), (0.0, 20.0), (80.0, 20.0), (80.0, 40.0)]);
    }

    #[test]
    fn a_gentle_curve_stays_a_curve() {
        let arc = |x: f32| 300.0 - (300.0f32.powi(2) - x.powi(2)).sqrt();
        let kept = decimate((0..300).map(|x| (x as f32, arc(x as f32))));
        for x in 0..300 {
            let x = x as f32;
            let segment =
                kept.windows(2).find(|pair| (pair[0].0..=pair[1].0).contains(&x)).unwrap();
            let share = (x - segment[0].0) / (segment[1].0 - segment[0].0);
            let y = segment[0].1 + share * (segment[1].1 - segment[0].1);
            // Where the arc is steep, a small shift aside is a large one down.
            let slope = x / (300.0f32.powi(2) - x.powi(2)).sqrt();
            assert!((y - arc(x)).abs() < 0.06 * (1.0 + slope), "{x}: {y}");
        }
    }

    #[test]
    fn short_lines_stay_whole() {
        assert_eq!(decimate([]), []);
        assert_eq!(decimate([(1.0, 2.0)]), [(1.0, 2.0)]);
        assert_eq!(decimate([(1.0, 2.0), (3.0, 1.0)]), [(1.0, 2.0), (3.0, 1.0)]);
    }
}
