package jwthttptest

// RSAKeys returns how many RSA keys the issuer has made.
func (iss *Issuer) RSAKeys() int {
	iss.rsa.mu.Lock()
	defer iss.rsa.mu.Unlock()
	return len(iss.rsa.keys)
}
