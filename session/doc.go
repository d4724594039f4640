// Package session keeps a user logged in for longer than an access token lives.
//
//	claims := func(ctx context.Context, s session.Session) (Claims, error) {
//		user, err := users.Find(ctx, s.Subject)
//		if err != nil {
//			return Claims{}, err // a 503, and nobody is logged out
//		}
//		return Claims{Roles: user.Roles}, nil
//	}
//	sessions, err := session.New(iss, store, claims, session.Options{})
//	if err != nil {
//		log.Fatal(err) // says what to mend
//	}
//	auth, err := jwthttp.New[Claims](iss, sessions.Options())
//	if err != nil {
//		log.Fatal(err)
//	}
//	mux.HandleFunc("POST /login", login)            // checks the password, and calls sessions.Login
//	mux.HandleFunc("POST /refresh", sessions.Refresh)
//	mux.HandleFunc("POST /logout", sessions.Logout)
//	mux.Handle("/", sessions.Handler(auth.Handler(app)))
//
// A browser has two cookies: an access token of some minutes, and a refresh token. [Sessions.Handler]
// refreshes without the user's notice. An app gets both tokens from [Sessions.Start], and refreshes
// as OAuth 2.0 clients do. With DPoP, [Sessions.StartBound] binds both tokens to the app's key.
//
// # What a refresh token is good for
//
// A refresh answers with a new refresh token, the successor of the one that came. Within Options.Grace
// of the last one, it answers with the same refresh token and a new access token. A store keeps one
// record for a session, and no token can be made of it.
//
//   - Whoever presents the same token gets the same successor. So five tabs, or a retry after a lost
//     answer, do no harm.
//   - If a token comes again after its successor was used, by a thief or by the owner, the session
//     ends for both.
//   - An outage of the store, of the claims function or of the signer is a 503, and ends no session.
package session
