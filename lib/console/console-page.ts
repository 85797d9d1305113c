import { type Html, html } from '../html.js'

export interface Page {
  readonly title: string
  readonly body: Html
  readonly hasScript: boolean
}

/** The console itself: what it shows comes by the stream. */
export function consolePage({ userName }: { userName: string }): Page {
  const body = html`
    <a class="skip" href="#sessions">Skip to the sessions</a>
    <header class="bar">
      <h1>Sessions</h1>
      <p id="process" class="process"></p>
      <p id="connection" role="status" data-state="connecting">Connecting</p>
      <p class="operator"><span>${userName}</span> <button type="button" id="log-out">Log out</button></p>
    </header>
    <main>
      <p id="trouble" class="banner" role="alert" hidden></p>
      <section class="overview" aria-label="Overview">
        <dl class="counts">
          <div>
            <dt>All sessions</dt>
            <dd><strong id="count-all">&ndash;</strong> <span id="quota-all"></span></dd>
            <dd class="track" hidden><span id="bar-all"></span></dd>
          </div>
          <div>
            <dt><span class="key signed-in"></span>Signed in</dt>
            <dd><strong id="count-signed-in">&ndash;</strong> <span id="quota-signed-in"></span></dd>
          </div>
          <div>
            <dt><span class="key guests"></span>Guests</dt>
            <dd><strong id="count-guests">&ndash;</strong> <span id="quota-guests"></span></dd>
            <dd class="track" hidden><span id="bar-guests"></span></dd>
          </div>
        </dl>
        <figure class="chart">
          <figcaption>The last ten minutes</figcaption>
          <div id="chart"></div>
        </figure>
      </section>
      <section class="panel" id="sessions" aria-labelledby="sessions-heading" tabindex="-1">
        <div class="panel-head">
          <h2 id="sessions-heading">Live sessions</h2>
          <form class="filters" id="filters" role="search">
            <label
              >Search <input type="search" id="search" autocomplete="off" spellcheck="false" placeholder="user, address, agent"
            /></label>
            <label
              >Show
              <select id="kind">
                <option value="all">all</option>
                <option value="signed-in">signed in</option>
                <option value="guests">guests</option>
                <option value="unconfirmed">unconfirmed</option>
              </select></label
            >
            <label class="sort-label"
              >Sort by
              <select id="sort">
                <option value="since descending">newest</option>
                <option value="since ascending">oldest</option>
                <option value="user ascending">user</option>
                <option value="seen descending">last seen</option>
                <option value="expires ascending">expires first</option>
                <option value="address ascending">address</option>
              </select></label
            >
          </form>
          <button type="button" class="danger" id="end-others">End all others</button>
        </div>
        <div id="table"></div>
        <p id="table-state" class="state" role="status">Loading the sessions</p>
        <nav class="pager" id="pager" aria-label="Pages of sessions" hidden>
          <button type="button" id="page-before">Previous</button>
          <span id="page-now"></span>
          <button type="button" id="page-after">Next</button>
        </nav>
      </section>
      <section class="panel" aria-labelledby="figures-heading">
        <div class="panel-head"><h2 id="figures-heading">This server</h2></div>
        <dl id="figures" class="figures"></dl>
        <div id="failures" class="failures" role="group" aria-labelledby="failures-heading" hidden>
          <h3 id="failures-heading">Failures</h3>
          <ul id="failure-list"></ul>
        </div>
        <p class="state" id="figures-note">
          Sessions and licences are those of all servers that share the store. Events, accounts that have to wait and these figures are of
          this server alone: each shows its own.
        </p>
      </section>
      <div class="columns">
        <section class="panel" aria-labelledby="audit-heading">
          <div class="panel-head"><h2 id="audit-heading">Latest events</h2></div>
          <ol id="audit" class="audit" tabindex="0" aria-labelledby="audit-heading"></ol>
          <p id="audit-state" class="state">Loading the events</p>
        </section>
        <section class="panel" aria-labelledby="waiting-heading">
          <div class="panel-head"><h2 id="waiting-heading">Accounts that have to wait</h2></div>
          <ul id="waiting" class="waiting"></ul>
          <p id="waiting-state" class="state">Loading the accounts</p>
          <form id="unlock" class="unlock">
            <label for="account">Unlock by user name or ID</label>
            <input id="account" required maxlength="200" autocomplete="off" spellcheck="false" />
            <button>Unlock</button>
          </form>
        </section>
      </div>
    </main>
    <p id="notice" class="notice" role="status"></p>
    <dialog id="confirm" aria-labelledby="confirm-text">
      <form method="dialog">
        <p id="confirm-text"></p>
        <div class="buttons"><button value="no">Cancel</button> <button value="yes" class="danger" id="confirm-yes">End</button></div>
      </form>
    </dialog>
    <noscript><p class="banner">The session console needs JavaScript.</p></noscript>
  `
  return { title: 'Sessions', body, hasScript: true }
}

export function loginPage(problem: string | null): Page {
  const body = html`
    <h1>Session console</h1>
    <p class="lead">Log in to see who is logged in.</p>
    ${loginForm(problem)}
  `
  return card(problem === null ? 'Log in' : 'Log in: refused', body)
}

export function strangerPage({ userName, group, problem }: { userName: string; group: string; problem: string | null }): Page {
  const body = html`
    <h1>Not for ${userName}</h1>
    <p class="lead">The session console is for members of the group <b>${group}</b>. Log in with another account.</p>
    ${loginForm(problem)}
  `
  return card('Not in the group', body)
}

export function failurePage(message: string): Page {
  const body = html`
    <h1>Session console</h1>
    <p class="banner" role="alert">${message}.</p>
    <p><a href="?">Try again</a></p>
  `
  return card('Session console', body)
}

function card(title: string, body: Html): Page {
  return { title, body: html`<main class="card">${body}</main>`, hasScript: false }
}

/** Posts to the URL that the page has, whatever a proxy calls it. */
function loginForm(problem: string | null): Html {
  const alert = problem === null ? html`` : html`<p class="banner" role="alert" id="problem">${problem}</p>`
  return html`
    ${alert}
    <form method="post" action="?" class="login">
      <label for="user">User</label>
      <input id="user" name="user" required autocomplete="username" autocapitalize="none" spellcheck="false" autofocus />
      <label for="password">Password</label>
      <input id="password" name="password" type="password" required autocomplete="current-password" />
      <button class="primary">Log in</button>
    </form>
  `
}
