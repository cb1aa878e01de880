package soap

// Prove tells where the draft differs from its base in more than its edits.
func (d *Draft) Prove() error {
	d.plan()
	return d.prove()
}
