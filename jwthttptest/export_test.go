package jwthttptest

// RSAKeys returns how many RSA keys the issuer has made.
func (iss *Issuer) RSAKeys() (n int) {
	iss.keys.mu.Lock()
	defer iss.keys.mu.Unlock()
	for _, g := range iss.keys.generations {
		if g["RSA"] != nil {
			n++
		}
	}
	return n
}
