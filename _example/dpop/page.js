"use strict"

const url = document.body.dataset.api + "/orders?page=2"

const base64url = bytes => btoa(String.fromCharCode(...new Uint8Array(bytes))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "")
const utf8 = text => new TextEncoder().encode(text)
const encode = value => base64url(utf8(JSON.stringify(value)))
const digest = async text => base64url(await crypto.subtle.digest("SHA-256", utf8(text)))

// newKey makes a key that is not extractable: a script that an attacker brings into this page can
// sign while the page is open, and cannot take the key away. An app that keeps the key for longer
// puts it into IndexedDB, where it stays so.
async function newKey() {
	const {privateKey, publicKey} = await crypto.subtle.generateKey({name: "ECDSA", namedCurve: "P-256"}, false, ["sign"])
	const {crv, kty, x, y} = await crypto.subtle.exportKey("jwk", publicKey)
	return {privateKey, jwk: {crv, kty, x, y}}
}

// prove returns a proof for one request, RFC 9449 section 4.2. The request for the token has none yet.
async function prove(key, method, url, token, nonce) {
	const {origin, pathname} = new URL(url)
	const header = {typ: "dpop+jwt", alg: "ES256", jwk: key.jwk}
	const claims = {
		jti: crypto.randomUUID(), htm: method, htu: origin + pathname, // without the query
		iat: Math.floor(Date.now() / 1000), ath: token && await digest(token), nonce, // which are left out while undefined
	}
	const input = encode(header) + "." + encode(claims)
	const signature = await crypto.subtle.sign({name: "ECDSA", hash: "SHA-256"}, key.privateKey, utf8(input))
	return input + "." + base64url(signature)
}

// errorOf returns the error of a challenge. A script reads that header only because the API
// exposes it.
const errorOf = response => /error="([^"]*)"/.exec(response.headers.get("WWW-Authenticate"))?.[1]

let nonce // the last one of the API

async function send(headers) {
	const response = await fetch(url, {headers})
	nonce = response.headers.get("DPoP-Nonce") ?? nonce
	return response
}

// call sends a request with a proof, and once more if the API asks for a nonce and sends a new one.
async function call(key, token) {
	const prover = async () => ({Authorization: "DPoP " + token, DPoP: await prove(key, "GET", url, token, nonce)})
	const before = nonce
	let headers = await prover()
	let response = await send(headers)
	const again = errorOf(response) === "use_dpop_nonce" && nonce !== before
	if (again) {
		headers = await prover()
		response = await send(headers)
	}
	return {headers, response, again}
}

async function start() {
	const key = await newKey()
	const proof = await prove(key, "POST", location.origin + "/token")
	const token = await (await fetch("/token", {method: "POST", headers: {DPoP: proof}})).text()
	const textOf = async response => `${response.status} ${errorOf(response) ?? await response.text()}`
	let last

	const actions = {
		async call() {
			const {headers, response, again} = await call(key, token)
			last = headers
			return await textOf(response) + (again ? ", after a nonce" : "")
		},
		async again() {
			return last ? textOf(await send(last)) : "call the API first"
		},
		async steal() {
			return textOf(await send({Authorization: "Bearer " + token}))
		},
		async export() {
			await crypto.subtle.exportKey("jwk", key.privateKey)
			return "exported"
		},
	}
	for (const [id, action] of Object.entries(actions)) {
		const button = document.getElementById(id)
		button.onclick = async () => {
			const item = document.createElement("li")
			item.textContent = button.textContent + ": " + await action().catch(error => error.name)
			document.getElementById("log").append(item)
		}
	}
	document.body.dataset.ready = "yes"
}

start()
