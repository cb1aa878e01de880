package xpath

import "math"

// compare evaluates = != < <= > >= (XPath 1.0, 3.4). A node-set compares true when
// one of its nodes does.
func (r *run) compare(t *term, c context) bool {
	left, right, o := t.left, t.right, t.op
	if right.kind == isNodes && left.kind != isNodes {
		left, right, o = right, left, o.mirror()
	}
	if left.kind != isNodes {
		return r.compareValues(o, left, right, c)
	}
	if right.kind == isNodes {
		return r.compareSets(t, c)
	}
	if right.kind == isBoolean {
		return compareNumbers(o, one(r.boolean(left, c)), r.number(right, c))
	}
	base := r.set(left, c)
	ok := false
	if right.kind == isString && o <= opNotEqual {
		want := r.string(right, c)
		for i := base; i < len(r.refs) && !ok && r.err == nil; i++ {
			ok = (string(r.stringOf(r.refs[i])) == string(want)) == (o == opEqual)
		}
	} else {
		want := r.number(right, c)
		for i := base; i < len(r.refs) && !ok && r.err == nil; i++ {
			ok = compareNumbers(o, toNumber(r.stringOf(r.refs[i])), want)
		}
	}
	r.refs = r.refs[:base]
	return ok
}

// one converts a boolean (XPath 1.0, 4.4).
func one(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func (r *run) compareValues(o op, left, right *term, c context) bool {
	switch {
	case o > opNotEqual:
		return compareNumbers(o, r.number(left, c), r.number(right, c))
	case left.kind == isBoolean || right.kind == isBoolean:
		return (r.boolean(left, c) == r.boolean(right, c)) == (o == opEqual)
	case left.kind == isNumber || right.kind == isNumber:
		return compareNumbers(o, r.number(left, c), r.number(right, c))
	}
	return (string(r.string(left, c)) == string(r.string(right, c))) == (o == opEqual)
}

func (r *run) compareSets(t *term, c context) bool {
	base := r.set(t.left, c)
	middle := r.set(t.right, c)
	var ok bool
	if t.op <= opNotEqual {
		ok = r.someEqual(t.op == opEqual, base, middle)
	} else {
		// One number is less than some of others when the least is less than the
		// greatest.
		lLow, lHigh := r.bounds(base, middle)
		rLow, rHigh := r.bounds(middle, len(r.refs))
		if t.op == opLess || t.op == opLessEqual {
			ok = compareNumbers(t.op, lLow, rHigh)
		} else {
			ok = compareNumbers(t.op, lHigh, rLow)
		}
	}
	r.refs = r.refs[:base]
	return ok
}

// someEqual tells whether two strings of two sets are equal, or different.
func (r *run) someEqual(equal bool, base, middle int) bool {
	end := len(r.refs)
	for i := base; i < middle; i++ {
		a := r.stringOf(r.refs[i])
		for k := middle; k < end; k++ {
			mark := len(r.text)
			b := r.stringOf(r.refs[k])
			if r.err != nil {
				return false
			}
			if (string(a) == string(b)) == equal {
				return true
			}
			r.text = r.text[:mark]
		}
	}
	return false
}

// bounds returns the least and the greatest number of a set, NaN when it has none.
func (r *run) bounds(from, to int) (low, high float64) {
	low, high = math.NaN(), math.NaN()
	for i := from; i < to; i++ {
		n := toNumber(r.stringOf(r.refs[i]))
		if !(n >= low) && n == n {
			low = n
		}
		if !(n <= high) && n == n {
			high = n
		}
	}
	return low, high
}

// compareNumbers compares as IEEE 754 does.
func compareNumbers(o op, a, b float64) bool {
	switch o {
	case opEqual:
		return a == b
	case opNotEqual:
		return a != b
	case opLess:
		return a < b
	case opLessEqual:
		return a <= b
	case opGreater:
		return a > b
	default:
		return a >= b
	}
}
