package xpath

// EvalWhole is Eval with every node kept: what Eval must equal.
func (e *Expr) EvalWhole(m *Message, b Budget) (Value, error) {
	p := newPlan([]*Expr{e}, false, true)
	p.body = e.bodyValue
	r := begin(p, m, b)
	defer r.end()
	if err := r.load(); err != nil {
		return Value{}, err
	}
	v := r.value(r.use(0))
	return v, r.err
}
