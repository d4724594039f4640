package jws_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"encoding/binary"
	"encoding/pem"
	"io/fs"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/jwthttp/jwthttp/internal/jws"
)

const privateKeys = "testdata/private"

func readKey(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(privateKeys, name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// derOf returns the content of a PEM file's last block.
func derOf(t testing.TB, name string) (der []byte) {
	t.Helper()
	for block, rest := pem.Decode(readKey(t, name)); block != nil; block, rest = pem.Decode(rest) {
		der = block.Bytes
	}
	return der
}

func pemOf(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

func field(b []byte) []byte { return append(binary.BigEndian.AppendUint32(nil, uint32(len(b))), b...) }

func fields(texts ...[]byte) (all []byte) {
	for _, text := range texts {
		all = append(all, field(text)...)
	}
	return all
}

func mpint(n *big.Int) []byte { return append(make([]byte, 1-min(n.BitLen()%8, 1)), n.Bytes()...) }

// sshBlob returns a public key as RFC 4253 section 6.6 has it.
func sshBlob(t testing.TB, pub crypto.PublicKey) []byte {
	t.Helper()
	switch k := pub.(type) {
	case *rsa.PublicKey:
		return fields([]byte("ssh-rsa"), mpint(big.NewInt(int64(k.E))), mpint(k.N))
	case ed25519.PublicKey:
		return fields([]byte("ssh-ed25519"), k)
	}
	k := pub.(*ecdsa.PublicKey)
	point, err := k.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	curve := strings.ToLower(strings.ReplaceAll(k.Params().Name, "P-", "nistp"))
	return fields([]byte("ecdsa-sha2-"+curve), []byte(curve), point)
}

// checkPublic compares the public half of a key with a file of the program that made the key.
func checkPublic(t testing.TB, pub crypto.PublicKey, text []byte) {
	t.Helper()
	got, err := x509.MarshalPKIXPublicKey(pub)
	want, _ := pem.Decode(text)
	switch {
	case err != nil:
		t.Error(err)
	case want != nil && !bytes.Equal(got, want.Bytes):
		t.Error("the public half is not that of openssl")
	case want == nil && !strings.Contains(string(text), " "+base64.StdEncoding.EncodeToString(sshBlob(t, pub))+" "):
		t.Error("the public half is not that of ssh-keygen")
	}
}

// checkSigns signs with every algorithm of a key, and verifies.
func checkSigns(t testing.TB, key crypto.Signer) {
	t.Helper()
	names := jws.AlgorithmsFor(key.Public())
	if len(names) == 0 {
		t.Errorf("no algorithm takes a %T", key)
	}
	for _, name := range names {
		if _, err := jws.NewSigner(name, key); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestParsePrivateKey(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(privateKeys, "*.pub"))
	if err != nil || len(files) < 14 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".pub")
		t.Run(name, func(t *testing.T) {
			data := readKey(t, name)
			for form, text := range map[string][]byte{
				"as it is": data, "CRLF": bytes.ReplaceAll(data, []byte("\n"), []byte("\r\n")), "byte order mark": append([]byte("\ufeff"), data...),
				"text around it": slices.Concat([]byte("Bag Attributes\n    friendlyName: key\n"), data, []byte("that was it\n")), "no line break at the end": bytes.TrimSpace(data),
			} {
				key, err := jws.ParsePrivateKey(text)
				if err != nil {
					t.Errorf("%s: %v", form, err)
					continue
				}
				checkPublic(t, key.Public(), readKey(t, name+".pub"))
				checkSigns(t, key)
			}
		})
	}
}

// The program of today writes what the files in testdata have, and in its other forms.
func TestParsePrivateKeyOfSSHKeygen(t *testing.T) {
	program, err := exec.LookPath("ssh-keygen")
	if err != nil {
		t.Fatal("ssh-keygen is missing: apt-get install openssh-client")
	}
	for _, kind := range []string{"rsa 2048", "ecdsa 256", "ecdsa 384", "ecdsa 521", "ed25519 256"} {
		for _, form := range []string{"RFC4716", "PEM", "PKCS8"} { // that of OpenSSH is the first
			t.Run(kind+" "+form, func(t *testing.T) {
				file := filepath.Join(t.TempDir(), "key")
				name, bits, _ := strings.Cut(kind, " ")
				out, err := exec.CommandContext(t.Context(), program, "-q", "-t", name, "-b", bits, "-m", form, "-N", "", "-C", strings.Repeat("c", int(bits[0]-'0')), "-f", file).CombinedOutput()
				if err != nil {
					t.Fatalf("%v: %s", err, out)
				}
				private, err1 := os.ReadFile(file)
				public, err2 := os.ReadFile(file + ".pub")
				key, err := jws.ParsePrivateKey(private)
				if err != nil || err1 != nil || err2 != nil {
					t.Fatal(err, err1, err2)
				}
				checkPublic(t, key.Public(), public)
				checkSigns(t, key)
			})
		}
	}
}

// Programs write a key of Ed25519 with its public half, RFC 8410 section 10.3, and EC keys with
// zeros before the scalar or without those that it needs.
func TestParsePrivateKeyOfOtherPrograms(t *testing.T) {
	withPublic := readText(t, "MHICAQEwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhCoB8wHQYKKoZIhvcNAQkJFDEPDA1DdXJkbGUgQ2hhaXJzgSEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=")
	if key, err := jws.ParsePrivateKey(pemOf("PRIVATE KEY", withPublic)); err != nil || key.Public().(ed25519.PublicKey)[0] != 0x19 {
		t.Errorf("the key of RFC 8410: %v", err)
	}
	withPublic[len(withPublic)-1]++
	if _, err := jws.ParsePrivateKey(pemOf("PRIVATE KEY", withPublic)); err == nil || !strings.Contains(err.Error(), otherHalf) {
		t.Errorf("the key of RFC 8410 with another public half: %v", err)
	}
	for _, scalar := range [][]byte{{7}, append(make([]byte, 40), 7)} {
		key, err := jws.ParsePrivateKey(pemOf("EC PRIVATE KEY", sec1(t, scalar, p256)))
		if err != nil || key.(*ecdsa.PrivateKey).Curve != elliptic.P256() {
			t.Errorf("a scalar of %d bytes: %v", len(scalar), err)
		}
	}
}

// A key is read by its form, whatever the name of its block says. So does golang-jwt.
func TestParsePrivateKeyUnderAnotherName(t *testing.T) {
	kinds := []string{"PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY"}
	for _, name := range []string{"pkcs8-rsa", "pkcs8-p256", "pkcs8-ed25519", "pkcs1", "sec1-p256", "sec1-p384"} {
		for _, kind := range kinds {
			t.Run(name+" as "+kind, func(t *testing.T) {
				key, err := jws.ParsePrivateKey(pemOf(kind, derOf(t, name)))
				if err != nil {
					t.Fatal(err)
				}
				checkPublic(t, key.Public(), readKey(t, name+".pub"))
			})
		}
	}
}

func readText(t testing.TB, text string) []byte {
	t.Helper()
	b, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

var p256 = asn1.ObjectIdentifier{1, 2, 840, 10045, 3, 1, 7}

func sec1(t testing.TB, scalar []byte, curve any) []byte {
	t.Helper()
	der, err := asn1.Marshal(struct {
		Version int
		Scalar  []byte
		Curve   any `asn1:"explicit,tag:0"`
	}{1, scalar, curve})
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// An openSSH is what a file of OpenSSH has.
type openSSH struct {
	magic, cipher, kdf string
	number             uint32
	public             []byte
	checks             string
	kind               string
	private            [][]byte // without the comment
	padding, after     string
}

func (f openSSH) pem() []byte {
	secret := slices.Concat([]byte(f.checks), field([]byte(f.kind)), fields(f.private...), field([]byte("a comment")), []byte(f.padding))
	return pemOf("OPENSSH PRIVATE KEY", slices.Concat([]byte(f.magic), fields([]byte(f.cipher), []byte(f.kdf), nil),
		binary.BigEndian.AppendUint32(nil, f.number), field(f.public), field(secret), []byte(f.after)))
}

// openSSHOf returns the file of a key.
func openSSHOf(t testing.TB, key crypto.Signer) openSSH {
	t.Helper()
	f := openSSH{magic: "openssh-key-v1\x00", cipher: "none", kdf: "none", number: 1, public: sshBlob(t, key.Public()), checks: "checchec", padding: "\x01\x02\x03"}
	switch k := key.(type) {
	case *rsa.PrivateKey:
		f.kind = "ssh-rsa"
		for _, n := range []*big.Int{k.N, big.NewInt(int64(k.E)), k.D, k.Precomputed.Qinv, k.Primes[0], k.Primes[1]} {
			f.private = append(f.private, mpint(n))
		}
	case ed25519.PrivateKey:
		f.kind, f.private = "ssh-ed25519", [][]byte{k[32:], k}
	case *ecdsa.PrivateKey:
		d, err1 := k.Bytes()
		point, err2 := k.PublicKey.Bytes()
		if err1 != nil || err2 != nil {
			t.Fatal(err1, err2)
		}
		curve := strings.ToLower(strings.ReplaceAll(k.Params().Name, "P-", "nistp"))
		f.kind, f.private = "ecdsa-sha2-"+curve, [][]byte{[]byte(curve), point, mpint(new(big.Int).SetBytes(d))}
	}
	return f
}

const (
	damaged   = "the private key is damaged: copy the file whole"
	otherHalf = "the public half in the file is not that of the private key: export the key again"
	encrypted = "got an encrypted private key: decrypt it with \"openssl pkey -in FILE -out COPY\""
	curve     = "got an EC key, and its curve is not P-256, P-384 or P-521 by name: make one with \"openssl ecparam -name prime256v1 -genkey -noout\""
	wantKind  = ": want RSA, P-256, P-384, P-521 or Ed25519, which \"openssl genpkey -algorithm ed25519\" makes"
	isPublic  = "got a public key or a certificate, and only the private half signs: pass the file that \"openssl genpkey\" has made"
	isSSH     = "got a public key of ssh, and only the private half signs: pass the file without .pub"
	isSmall   = "an RSA key needs 2048 to 8192 bits, not 1024: make one with \"openssl genrsa 3072\""
	twoBlocks = "the file has more than one PEM block: keep only that of the private key to use"
	badPEM    = "the PEM block is damaged: copy the file whole, with its BEGIN and END lines at the start of a line"
)

func TestParsePrivateKeyRefuses(t *testing.T) {
	file := func(name string) []byte { return readKey(t, name) }
	parsed := func(name string) crypto.Signer {
		key, err := jws.ParsePrivateKey(file(name))
		if err != nil {
			t.Fatal(err)
		}
		return key
	}
	rsaKey, ecKey, edKey := parsed("ssh-rsa-2048"), parsed("ssh-ecdsa-256"), parsed("ssh-ed25519-256")
	ssh := func(key crypto.Signer, change func(*openSSH)) []byte {
		f := openSSHOf(t, key)
		change(&f)
		return f.pem()
	}
	with := func(list [][]byte, i int, b []byte) [][]byte {
		list = slices.Clone(list)
		list[i] = b
		return list
	}
	plusTwo := func(b []byte) []byte { return mpint(new(big.Int).Add(new(big.Int).SetBytes(b), big.NewInt(2))) }
	for _, key := range []crypto.Signer{rsaKey, ecKey, edKey} { // what the cases below change
		if got, err := jws.ParsePrivateKey(ssh(key, func(*openSSH) {})); err != nil || !got.(interface{ Equal(crypto.PrivateKey) bool }).Equal(key) {
			t.Fatal(got == nil, err)
		}
	}
	// another is a SEC 1 key with the public half of another one.
	another := slices.Concat(derOf(t, "sec1-p256"))
	another[len(another)-1]++
	pkcs8 := file("pkcs8-ed25519")
	utf16 := []byte("\xff\xfe-\x00-\x00-\x00")
	huge := bytes.Repeat([]byte{1}, 16<<10+1)

	for _, tc := range []struct {
		name string
		text []byte
		want string
	}{
		{"nothing", nil, "the file is empty: want a private key in PEM"},
		{"white space", []byte(" \r\n"), "the file is empty: want a private key in PEM"},
		{"a byte order mark alone", []byte("\ufeff"), "the file is empty: want a private key in PEM"},
		{"JWK", []byte(`{"kty":"OKP","d":"secret"}`), "got JSON, perhaps a JWK: want a private key in PEM"},
		{"DER", derOf(t, "pkcs8-ed25519"), "got DER: convert it with \"openssl pkey -inform DER -in FILE -out COPY\""},
		{"file name", []byte("keys/jwt.pem"), "got one word and no key: want a private key in PEM, or the content of the file that the word names"},
		{"token", []byte("eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl"), "got a token: want a private key in PEM"},
		{"words", []byte("my secret key"), "got no key: want a PEM block that begins with \"-----BEGIN PRIVATE KEY-----\", which \"openssl genpkey -algorithm ed25519\" makes"},
		{"escaped line breaks", bytes.ReplaceAll(pkcs8, []byte("\n"), []byte(`\n`)), `the line breaks of the PEM block are written as \n, as in an environment variable: replace them by real ones`},
		{"line breaks that are spaces", bytes.ReplaceAll(pkcs8, []byte("\n"), []byte(" ")), badPEM},
		{"base64 of PEM", []byte(base64.StdEncoding.EncodeToString(pkcs8)), "got the base64 of a PEM file: decode it with \"base64 -d\""},
		{"UTF-16", utf16, "got UTF-16, as PowerShell writes it: save the file as UTF-8"},
		{"cut PEM", pkcs8[:len(pkcs8)-10], badPEM},
		{"changed PEM", bytes.Replace(pkcs8, []byte("MC4"), []byte("M!4"), 1), badPEM},
		{"two keys", append(slices.Clone(pkcs8), file("ssh-ed25519-256")...), twoBlocks},
		{"a damaged key before another", append(bytes.Replace(pkcs8, []byte("MC4"), []byte("M!4"), 1), pkcs8...), twoBlocks},
		{"two keys after EC parameters", append(file("sec1-p256"), pkcs8...), twoBlocks},
		{"a key and a certificate", append(file("pkcs1"), file("bad-certificate")...), twoBlocks},
		{"EC parameters alone", file("bad-parameters"), "got the parameters of an EC key and no key: make one with \"openssl ecparam -name prime256v1 -genkey -noout\""},
		{"public key", file("pkcs1.pub"), isPublic},
		{"certificate", file("bad-certificate"), isPublic},
		{"certificate request", pemOf("CERTIFICATE REQUEST", []byte("x")), "got a PEM block of another kind: want PRIVATE KEY, RSA PRIVATE KEY, EC PRIVATE KEY or OPENSSH PRIVATE KEY"},
		{"ssh-rsa line", file("ssh-rsa-2048.pub"), isSSH},
		{"ecdsa line", file("ssh-ecdsa-256.pub"), isSSH},
		{"SSH2", []byte("---- BEGIN SSH2 PUBLIC KEY ----\nAAAA\n---- END SSH2 PUBLIC KEY ----"), isSSH},
		{"PuTTY", []byte("PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\n"), "got a key of PuTTY: convert it with \"puttygen FILE -O private-openssh-new -o COPY\""},
		{"encrypted PKCS#8", file("bad-encrypted-pkcs8"), encrypted},
		{"encrypted PKCS#1", file("bad-encrypted-pkcs1"), encrypted},
		{"encrypted OpenSSH", file("bad-encrypted-ssh"), "got an encrypted private key: decrypt a copy of it with \"ssh-keygen -p -N '' -f COPY\""},
		{"more than 16 KiB", pemOf("PRIVATE KEY", huge), "the PEM block has more than 16 KiB, and no key that signs tokens does: make one with \"openssl genrsa 3072\""},

		{"DSA", file("bad-dsa"), "got a DSA key" + wantKind},
		{"DSA in PKCS#8", file("bad-dsa-pkcs8"), "got a DSA key" + wantKind},
		{"DSA of ssh-keygen", file("bad-dsa-ssh"), "got a DSA key" + wantKind},
		{"X25519", file("bad-x25519"), "got an X25519 key" + wantKind},
		{"Ed448", file("bad-ed448"), "got an Ed448 key" + wantKind},
		{"RSA-PSS", file("bad-rsa-pss"), "got an RSA-PSS key" + wantKind},
		{"a kind without a name", pemOf("PRIVATE KEY", bytes.Replace(derOf(t, "pkcs8-ed25519"), []byte{0x2b, 0x65, 0x70}, []byte{0x2b, 0x65, 0x74}, 1)), "got a key of the algorithm 1.3.101.116" + wantKind},
		{"another curve", file("bad-secp256k1"), curve},
		{"another curve in PKCS#8", file("bad-secp256k1-pkcs8"), curve},
		{"a curve without a name", file("bad-explicit"), curve},
		{"RSA of 1024 bits", file("bad-small-pkcs8"), isSmall},
		{"RSA of 1024 bits of ssh-keygen", file("bad-small-ssh"), isSmall},

		{"PKCS#8 with more after it", pemOf("PRIVATE KEY", append(derOf(t, "pkcs8-ed25519"), 0)), damaged},
		{"PKCS#1 with more after it", pemOf("RSA PRIVATE KEY", append(derOf(t, "pkcs1"), 0)), damaged},
		{"SEC 1 with more after it", pemOf("EC PRIVATE KEY", append(derOf(t, "sec1-p384"), 0)), damaged},
		{"PKCS#8 under the name of PKCS#1, with more after it", pemOf("RSA PRIVATE KEY", append(derOf(t, "pkcs8-rsa"), 0)), damaged},
		{"a version alone", pemOf("PRIVATE KEY", []byte{0x30, 3, 2, 1, 0}), damaged},
		{"a form of no key", pemOf("PRIVATE KEY", []byte{0x30, 5, 2, 1, 0, 5, 0}), damaged},
		{"RSA with another exponent", pemOf("RSA PRIVATE KEY", bytes.Replace(derOf(t, "pkcs1"), []byte{2, 3, 1, 0, 1}, []byte{2, 3, 1, 0, 3}, 1)), damaged},
		{"an Ed25519 seed of 31 bytes", pemOf("PRIVATE KEY", ed25519PKCS8(31)), damaged},
		{"SEC 1 with another public half", pemOf("EC PRIVATE KEY", another), otherHalf},
		{"a scalar of zero", pemOf("EC PRIVATE KEY", sec1(t, make([]byte, 32), p256)), damaged},
		{"a scalar that is too large", pemOf("EC PRIVATE KEY", sec1(t, bytes.Repeat([]byte{0xff}, 32), p256)), damaged},

		{"another magic", ssh(edKey, func(f *openSSH) { f.magic = "openssh-key-v2\x00" }), damaged},
		{"a cipher", ssh(edKey, func(f *openSSH) { f.cipher = "aes256-ctr" }), "got an encrypted private key: decrypt a copy of it with \"ssh-keygen -p -N '' -f COPY\""},
		{"no keys", ssh(edKey, func(f *openSSH) { f.number = 0 }), "the OPENSSH PRIVATE KEY block does not have one key: use a file for each key"},
		{"two keys in a block", ssh(edKey, func(f *openSSH) { f.number = 2 }), "the OPENSSH PRIVATE KEY block does not have one key: use a file for each key"},
		{"checkints that differ", ssh(edKey, func(f *openSSH) { f.checks = "checchek" }), damaged},
		{"padding of zeros", ssh(edKey, func(f *openSSH) { f.padding = "\x00\x00\x00" }), damaged},
		{"padding that ends with another number", ssh(edKey, func(f *openSSH) { f.padding = "\x01\x02\x04" }), damaged},
		{"OpenSSH with more after it", ssh(edKey, func(f *openSSH) { f.after = "\x00" }), damaged},
		{"a key in hardware", ssh(edKey, func(f *openSSH) { f.kind = "sk-ssh-ed25519@openssh.com" }), "got an ssh key whose private half is in hardware (sk): make another with \"ssh-keygen -t ed25519\""},
		{"an unknown ssh kind", ssh(edKey, func(f *openSSH) { f.kind = "ssh-xmss@openssh.com" }), "got another kind of key" + wantKind},
		{"no ssh kind", ssh(edKey, func(f *openSSH) { f.kind = "" }), damaged},
		{"Ed25519 with the public half of another", ssh(edKey, func(f *openSSH) { f.public = sshBlob(t, ecKey.Public()) }), otherHalf},
		{"Ed25519 with another public half inside", ssh(edKey, func(f *openSSH) { f.private = with(f.private, 0, make([]byte, 32)) }), otherHalf},
		{"Ed25519 with another seed", ssh(edKey, func(f *openSSH) { f.private = with(f.private, 1, append([]byte{1}, f.private[1][1:]...)) }), otherHalf},
		{"Ed25519 that is short", ssh(edKey, func(f *openSSH) { f.private = with(f.private, 1, f.private[1][:32]) }), damaged},
		{"EC with the public half of another", ssh(ecKey, func(f *openSSH) { f.public = sshBlob(t, edKey.Public()) }), otherHalf},
		{"EC with more in the public half", ssh(ecKey, func(f *openSSH) { f.public = append(f.public, 0) }), otherHalf},
		{"EC with another scalar", ssh(ecKey, func(f *openSSH) { f.private = with(f.private, 2, []byte{7}) }), otherHalf},
		{"EC of another curve", ssh(ecKey, func(f *openSSH) { f.private = with(f.private, 0, []byte("nistp384")) }), damaged},
		{"EC without a point", ssh(ecKey, func(f *openSSH) {
			f.private = with(f.private, 1, nil)
			f.public = fields([]byte(f.kind), f.private[0], nil)
		}), damaged},
		{"EC with a negative scalar", ssh(ecKey, func(f *openSSH) { f.private = with(f.private, 2, bytes.Repeat([]byte{0xff}, 32)) }), damaged},
		{"RSA with the public half of another", ssh(rsaKey, func(f *openSSH) { f.public = sshBlob(t, edKey.Public()) }), otherHalf},
		{"RSA with another private exponent", ssh(rsaKey, func(f *openSSH) { f.private = with(f.private, 2, plusTwo(f.private[2])) }), damaged},
		{"RSA with another coefficient", ssh(rsaKey, func(f *openSSH) { f.private = with(f.private, 3, plusTwo(f.private[3])) }), damaged},
		{"RSA with another prime", ssh(rsaKey, func(f *openSSH) { f.private = with(f.private, 4, plusTwo(f.private[4])) }), damaged},
		{"RSA without a prime", ssh(rsaKey, func(f *openSSH) { f.private = with(f.private, 5, nil) }), damaged},
	} {
		t.Run(tc.name, func(t *testing.T) {
			key, err := jws.ParsePrivateKey(tc.text)
			if key != nil || err == nil || err.Error() != tc.want {
				t.Errorf("%T, %v\nwant %s", key, err, tc.want)
			}
		})
	}
}

func ed25519PKCS8(size byte) []byte {
	return append([]byte{0x30, 14 + size, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, size + 2, 4, size}, make([]byte, size)...)
}

// A file that is cut short, at whatever byte, is refused.
func TestParsePrivateKeyCutShort(t *testing.T) {
	for _, name := range []string{"ssh-ed25519-256", "ssh-ecdsa-256", "ssh-rsa-2048", "pkcs8-ed25519", "pkcs8-p256", "sec1-p384", "pkcs1"} {
		t.Run(name, func(t *testing.T) {
			block, _ := pem.Decode(readKey(t, name))
			for n := range block.Bytes {
				if key, err := jws.ParsePrivateKey(pemOf(block.Type, block.Bytes[:n])); key != nil || err == nil {
					t.Fatalf("the first %d bytes of %d are a key", n, len(block.Bytes))
				}
			}
		})
	}
}

// A key that is read from a file has these properties:
//
//   - It is the key that crypto/x509 reads, where that reads the form.
//   - Written again as PKCS#8, and as OpenSSH, it reads the same.
//   - Its signatures verify with its public half.
//
// An error shows nothing of the file.
func FuzzParsePrivateKey(f *testing.F) {
	err := filepath.WalkDir(privateKeys, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			data := readKey(f, entry.Name())
			f.Add(data)
			f.Add(bytes.ReplaceAll(data, []byte("\n"), []byte(`\n`)))
			if block, _ := pem.Decode(data); block != nil {
				f.Add(block.Bytes)
			}
		}
		return err
	})
	if err != nil {
		f.Fatal(err)
	}
	kinds := []string{"PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY", "OPENSSH PRIVATE KEY"}
	f.Fuzz(func(t *testing.T, data []byte) {
		checkParsed(t, data)
		for _, kind := range kinds { // the mutations of base64 rarely get far
			checkParsed(t, pemOf(kind, data))
		}
	})
}

func checkParsed(t *testing.T, data []byte) {
	key, err := jws.ParsePrivateKey(data)
	if (key == nil) == (err == nil) {
		t.Fatalf("neither or both: %T, %v", key, err)
	}
	if err != nil {
		if len(err.Error()) > 200 || strings.ContainsFunc(err.Error(), unicode.IsControl) {
			t.Errorf("the error is not fit for a log: %q", err)
		}
		const run = 24 // longer than every word of an error
		for text := err.Error(); len(text) >= run && len(data) < 8<<10; text = text[1:] {
			if !strings.ContainsRune(text[:run], ' ') && bytes.Contains(data, []byte(text[:run])) {
				t.Fatalf("the error shows the file: %v", err)
			}
		}
		return
	}
	checkFit(t, key)
	theirs, err := readWithX509(data)
	equal := key.(interface{ Equal(crypto.PrivateKey) bool }).Equal
	switch {
	case err != nil:
		t.Errorf("crypto/x509 refuses the key: %v", err)
	case theirs != nil && !equal(theirs):
		t.Error("crypto/x509 reads another key")
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	forms := [][]byte{pemOf("PRIVATE KEY", der)}
	if r, ok := key.(*rsa.PrivateKey); !ok || len(r.Primes) == 2 {
		forms = append(forms, openSSHOf(t, key).pem())
	}
	for _, again := range forms {
		if got, err := jws.ParsePrivateKey(again); err != nil || !equal(got) {
			t.Errorf("written anew as %q: %v", again[:20], err)
		}
	}
}

// checkFit checks the type and the size of a key, and that it signs.
func checkFit(t *testing.T, key crypto.Signer) {
	t.Helper()
	digest := make([]byte, 32)
	ok := false
	switch k := key.(type) {
	case *rsa.PrivateKey:
		signature, err := rsa.SignPKCS1v15(nil, k, crypto.SHA256, digest)
		ok = err == nil && k.Validate() == nil && k.N.BitLen() >= 2048 && k.N.BitLen() <= 8192 && rsa.VerifyPKCS1v15(&k.PublicKey, crypto.SHA256, digest, signature) == nil
	case *ecdsa.PrivateKey:
		signature, err := ecdsa.SignASN1(rand.Reader, k, digest)
		ok = err == nil && len(jws.AlgorithmsFor(k.Public())) == 1 && ecdsa.VerifyASN1(&k.PublicKey, digest, signature)
	case ed25519.PrivateKey:
		ok = ed25519.Verify(k.Public().(ed25519.PublicKey), digest, ed25519.Sign(k, digest))
	}
	if !ok {
		t.Errorf("the %T does not sign", key)
	}
}

// readWithX509 returns nil for forms that crypto/x509 does not read.
func readWithX509(data []byte) (key crypto.PrivateKey, err error) {
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		switch block.Type {
		case "PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY":
			if key, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
				return key, nil
			}
			if key, err := x509.ParseECPrivateKey(block.Bytes); err == nil {
				return key, nil
			}
			return x509.ParsePKCS8PrivateKey(block.Bytes)
		}
	}
	return nil, nil
}
