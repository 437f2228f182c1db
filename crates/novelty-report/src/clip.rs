//! Lines cut at the edges of the data area.

use crate::scene::{Point, Rect};

/// The parts of a line inside an area.
pub(crate) fn clip(line: &[Point], area: Rect) -> Vec<Vec<Point>> {
    let mut parts: Vec<Vec<Point>> = Vec::new();
    for pair in line.windows(2) {
        let Some((from, to)) = clip_segment(pair[0], pair[1], area) else { continue };
        match parts.last_mut() {
            Some(part) if part.last() == Some(&from) => part.push(to),
            _ => parts.push(vec![from, to]),
        }
    }
    parts
}

/// Liang and Barsky's cut of one segment, by the share of it that lies inside each edge.
fn clip_segment(from: Point, to: Point, area: Rect) -> Option<(Point, Point)> {
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let edges = [
        (-dx, from.0 - area.x),
        (dx, area.right() - from.0),
        (-dy, from.1 - area.y),
        (dy, area.bottom() - from.1),
    ];
    let (mut enter, mut leave) = (0.0f32, 1.0f32);
    for (outward, room) in edges {
        // A segment along the edge's own direction is either whole or outside.
        if outward == 0.0 && room < 0.0 {
            return None;
        }
        if outward < 0.0 {
            enter = enter.max(room / outward);
        } else if outward > 0.0 {
            leave = leave.min(room / outward);
        }
    }
    let at = |share: f32| (from.0 + share * dx, from.1 + share * dy);
    let ends =
        (if enter > 0.0 { at(enter) } else { from }, if leave < 1.0 { at(leave) } else { to });
    (enter <= leave).then_some(ends)
}

#[cfg(test)]
mod tests {
    use super::*;

    const AREA: Rect = Rect { x: 0.0, y: 0.0, width: 10.0, height: 10.0 };

    #[test]
    fn cuts_where_a_line_leaves_and_comes_back() {
        let line = [(1.0, 5.0), (3.0, 15.0), (5.0, 15.0), (7.0, 5.0), (9.0, 5.0)];
        let parts = clip(&line, AREA);
        assert_eq!(
            parts,
            [vec![(1.0, 5.0), (2.0, 10.0)], vec![(6.0, 10.0), (7.0, 5.0), (9.0, 5.0)]]
        );
    }

    #[test]
    fn keeps_what_is_inside_and_drops_what_is_not() {
        let inside = [(0.0, 0.0), (10.0, 10.0), (10.0, 0.0)];
        assert_eq!(clip(&inside, AREA), [inside.to_vec()]);
        assert!(clip(&[(-5.0, 1.0), (-1.0, 9.0)], AREA).is_empty());
        assert!(clip(&[(-5.0, 12.0), (20.0, 12.0)], AREA).is_empty());
        assert!(clip(&[(1.0, 1.0)], AREA).is_empty());
    }
}
