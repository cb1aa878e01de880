package soap

// Prove tells where the draft differs from its base in more than its edits.
func (d *Draft) Prove() error {
	d.plan()
	return d.prove()
}

// MentionedIn looks for a prefix in a text that lies in parts.
func MentionedIn(parts [][]byte, prefix string) bool { return mentionedIn(parts, []byte(prefix)) }
