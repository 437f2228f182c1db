//! A k-d tree whose leaves are panels of points.

use novelty_core::Features;

use crate::distances::LANES;

/// Points sorted so that neighbours stand together, with the box around every node.
///
/// Each split is along the widest side, at a multiple of [`LANES`] points, so that every leaf
/// but the last is full and the leaves are `0..n_leaves` in order. In few dimensions most
/// leaves are skipped by their boxes; in many dimensions what remains is a blocked comparison
/// of all pairs, and the boxes cost next to nothing.
pub(crate) struct Tree {
    pub(crate) n_points: usize,
    pub(crate) width: usize,
    pub(crate) scale: f64,
    /// The sample at each place.
    pub(crate) order: Vec<u32>,
    /// By place, times `scale`.
    rows: Vec<f32>,
    panels: Vec<f32>,
    nodes: Vec<Node>,
    /// The lowest and highest corner of every node's box, in the units of the data.
    boxes: Vec<f32>,
}

struct Node {
    /// The leaf, if it is one.
    leaf: Option<u32>,
    /// The children, of an inner node.
    children: [u32; 2],
}

impl Tree {
    /// The tree of at least one sample.
    pub(crate) fn new(x: &Features<'_>, scale: f64) -> Self {
        let (n_points, width) = x.dim();
        let mut tree = Self {
            n_points,
            width,
            scale,
            order: (0..n_points as u32).collect(),
            rows: Vec::new(),
            panels: Vec::new(),
            nodes: Vec::new(),
            boxes: Vec::new(),
        };
        let mut order = std::mem::take(&mut tree.order);
        tree.split(x, &mut order, 0);
        tree.order = order;
        tree.copy(x);
        tree
    }

    /// Adds the node of these points, which begin at a leaf, and returns its index. The depth
    /// is the logarithm of the number of leaves.
    fn split(&mut self, x: &Features<'_>, order: &mut [u32], first_leaf: u32) -> u32 {
        let index = self.nodes.len();
        self.nodes.push(Node { leaf: None, children: [0; 2] });
        let widest = self.push_box(x, order);
        let n_leaves = order.len().div_ceil(LANES);
        if n_leaves == 1 {
            self.nodes[index].leaf = Some(first_leaf);
            return index as u32;
        }
        let middle = n_leaves / 2;
        let key = |&sample: &u32| x[[sample as usize, widest]];
        order.select_nth_unstable_by(middle * LANES, |a, b| {
            key(a).total_cmp(&key(b)).then(a.cmp(b))
        });
        let (left, right) = order.split_at_mut(middle * LANES);
        let left = self.split(x, left, first_leaf);
        let right = self.split(x, right, first_leaf + middle as u32);
        self.nodes[index].children = [left, right];
        index as u32
    }

    /// The box of these points; returns the feature along which it is widest.
    fn push_box(&mut self, x: &Features<'_>, order: &[u32]) -> usize {
        let start = self.boxes.len();
        self.boxes.resize(start + self.width, f32::INFINITY);
        self.boxes.resize(start + 2 * self.width, f32::NEG_INFINITY);
        let (low, high) = self.boxes[start..].split_at_mut(self.width);
        for &sample in order {
            for ((&value, low), high) in
                x.row(sample as usize).iter().zip(&mut *low).zip(&mut *high)
            {
                *low = if value < *low { value } else { *low };
                *high = if value > *high { value } else { *high };
            }
        }
        let side = |feature: usize| f64::from(high[feature]) - f64::from(low[feature]);
        (1..self.width).fold(0, |best, at| if side(at) > side(best) { at } else { best })
    }

    fn copy(&mut self, x: &Features<'_>) {
        let scale = self.scale;
        let scaled = |&value: &f32| (f64::from(value) * scale) as f32;
        for &sample in &self.order {
            self.rows.extend(x.row(sample as usize).iter().map(scaled));
        }
        for leaf in self.rows.chunks(LANES * self.width) {
            let last = leaf.len() / self.width - 1;
            for feature in 0..self.width {
                let value = |lane: usize| leaf[lane.min(last) * self.width + feature];
                self.panels.extend((0..LANES).map(value));
            }
        }
    }

    pub(crate) fn n_leaves(&self) -> usize {
        self.n_points.div_ceil(LANES)
    }

    /// The points of a leaf.
    pub(crate) fn n_in(&self, leaf: usize) -> usize {
        (self.n_points - leaf * LANES).min(LANES)
    }

    /// The samples of a leaf.
    pub(crate) fn samples(&self, leaf: usize) -> &[u32] {
        &self.order[leaf * LANES..leaf * LANES + self.n_in(leaf)]
    }

    pub(crate) fn rows(&self, leaf: usize) -> &[f32] {
        let first = leaf * LANES * self.width;
        &self.rows[first..first + self.n_in(leaf) * self.width]
    }

    pub(crate) fn panel(&self, leaf: usize) -> &[f32] {
        let len = LANES * self.width;
        &self.panels[leaf * len..(leaf + 1) * len]
    }

    /// The index of the node of each leaf.
    pub(crate) fn leaf_nodes(&self) -> Vec<usize> {
        let mut nodes = vec![0; self.n_leaves()];
        for (index, node) in self.nodes.iter().enumerate() {
            if let Some(leaf) = node.leaf {
                nodes[leaf as usize] = index;
            }
        }
        nodes
    }

    /// The leaves whose boxes are at most `radius` away from the box of a node, ascending.
    pub(crate) fn leaves_within(&self, node: usize, radius: f64) -> Vec<usize> {
        // Boxes hold the points as they are; what rounding adds here is far below this.
        let limit = radius * radius * (1.0 + 1e-9);
        let mut found = Vec::new();
        let mut open = vec![0];
        while let Some(other) = open.pop() {
            if self.box_square(node, other) > limit {
                continue;
            }
            match self.nodes[other].leaf {
                Some(leaf) => found.push(leaf as usize),
                // The left one is taken up first, so that the leaves come in order.
                None => open.extend(self.nodes[other].children.map(|c| c as usize).iter().rev()),
            }
        }
        found
    }

    /// The squared distance of two boxes.
    pub(crate) fn box_square(&self, a: usize, b: usize) -> f64 {
        let corners = |node: usize| {
            self.boxes[2 * node * self.width..][..2 * self.width].split_at(self.width)
        };
        let ((a_low, a_high), (b_low, b_high)) = (corners(a), corners(b));
        let mut square = 0.0;
        for feature in 0..self.width {
            let gap = f64::from(b_low[feature]) - f64::from(a_high[feature]);
            let other = f64::from(a_low[feature]) - f64::from(b_high[feature]);
            let gap = gap.max(other).max(0.0);
            square += gap * gap;
        }
        square
    }
}
