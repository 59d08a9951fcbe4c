/**
 * The plain page of Muster: sign in, see the roster, import a file. It uses the HTTP API alone, keeps tokens in
 * memory only, and writes text as text (never as HTML).
 */
const api = '/api/v1';
const byId = (id) => document.getElementById(id);
const session = { organization: '', login: '', tokens: undefined, challenge: undefined, columns: [] };

/** A refusal with the API's own words. */
class Refusal extends Error {
  constructor(status, problem) {
    const places = (problem?.places ?? []).map(({ path, message }) => `${path}: ${message}`);
    super([problem?.detail ?? `The server answered ${status}.`, ...places].join(' '));
    this.status = status;
    this.code = problem?.code;
  }
}

async function send(method, path, body) {
  const headers = { accept: 'application/json' };
  if (session.tokens) headers.authorization = `Bearer ${session.tokens.accessToken}`;
  if (body) headers['content-type'] = 'application/json';
  return fetch(api + path, { method, headers, body: body && JSON.stringify(body) });
}

/** The gateway refuses an expired token with 403 and no problem: an HTTP API cannot word it otherwise. */
function isTokenRefused({ status, headers }) {
  return (
    status === 401 || (status === 403 && !headers.get('content-type')?.startsWith('application/problem+json'))
  );
}

async function request(method, path, body) {
  let response = await send(method, path, body);
  if (isTokenRefused(response) && session.tokens?.refreshToken) {
    const { refreshToken } = session.tokens;
    session.tokens = undefined;
    const answer = await send('POST', '/sessions/refresh', { refreshToken });
    if (!answer.ok) return leave('Your session has ended. Sign in again.');
    session.tokens = { refreshToken, ...(await answer.json()) };
    response = await send(method, path, body);
  }
  if (!response.ok) throw new Refusal(response.status, await response.json().catch(() => undefined));
  return response;
}

async function call(method, path, body) {
  const response = await request(method, path, body);
  return response.status === 204 ? undefined : response.json();
}

const org = (path) => `/orgs/${encodeURIComponent(session.organization)}${path}`;
const importPath = (id, rest = '') => org(`/imports/${encodeURIComponent(id)}${rest}`);

/** An element with properties and children; strings become text. */
function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

/** Fills a table; a cell is text or an element. */
function fill(table, headings, rows, caption) {
  const head = make('tr', {}, ...headings.map((heading) => make('th', { scope: 'col' }, heading)));
  const body = rows.map((cells) => make('tr', {}, ...cells.map((cell) => make('td', {}, cell ?? ''))));
  const title = caption ? [make('caption', {}, caption)] : [];
  // A table wider than the screen scrolls by keys too.
  if (table.parentElement) table.parentElement.tabIndex = 0;
  table.replaceChildren(...title, make('thead', {}, head), make('tbody', {}, ...body));
  return table;
}

/** Runs what an event asks for; says what goes wrong, and takes no second click meanwhile. */
function on(target, event, action) {
  target.addEventListener(event, async (happening) => {
    happening.preventDefault();
    const button = happening.submitter ?? (target instanceof HTMLButtonElement ? target : undefined);
    byId('message').textContent = '';
    if (button) button.disabled = true;
    try {
      await action(happening);
      if (button && !button.dataset.managed) button.disabled = false;
    } catch (error) {
      if (button) button.disabled = false;
      tellFailure(error);
    }
  });
}

function tellFailure(error) {
  byId('message').textContent = error instanceof TypeError ? 'Muster cannot be reached.' : error.message;
}

const button = (text, action) => {
  const element = make('button', { type: 'button', className: 'link' }, text);
  on(element, 'click', action);
  return element;
};
const time = (iso) => make('time', { dateTime: iso }, new Date(iso).toLocaleString());
const number = (value) => value.toLocaleString();

// Signing in and out

on(byId('sign-in'), 'submit', async ({ target }) => {
  const { organization, login, password } = Object.fromEntries(new FormData(target));
  Object.assign(session, { organization: organization.trim(), login: login.trim(), tokens: undefined });
  await enter(
    await call('POST', '/sessions', { organization: session.organization, login: session.login, password }),
  );
});

on(byId('first-password'), 'submit', async ({ target }) => {
  const { newPassword, again } = Object.fromEntries(new FormData(target));
  if (newPassword !== again) throw new Error('The two passwords differ.');
  const { organization, login, challenge } = session;
  await enter(await call('POST', '/sessions/challenge', { ...challenge, organization, login, newPassword }));
});

on(byId('code'), 'submit', async ({ target }) => {
  const { code } = Object.fromEntries(new FormData(target));
  const { organization, login, challenge } = session;
  await enter(await call('POST', '/sessions/challenge', { ...challenge, organization, login, code }));
});

const challengeForms = { NEW_PASSWORD_REQUIRED: 'first-password', SOFTWARE_TOKEN_MFA: 'code' };

on(byId('sign-out'), 'click', async () => {
  await call('DELETE', '/sessions');
  leave('');
});

async function enter(answer) {
  const asked = challengeForms[answer.challenge];
  session.challenge = asked ? answer : undefined;
  session.tokens = asked ? undefined : answer;
  show(asked ?? 'signed-in');
  for (const form of ['sign-in', 'first-password', 'code']) byId(form).reset();
  if (asked) return byId(asked).querySelector('input').focus();
  byId('who').textContent = `${session.login} · ${session.organization}`;
  session.columns = (await call('GET', org('/schema'))).columns;
  await Promise.all([showRoster(), showHistory()]);
}

function leave(message) {
  session.tokens = undefined;
  watched = undefined;
  byId('who').textContent = '';
  for (const id of ['members', 'history', 'rejects', 'changes']) byId(id).replaceChildren();
  byId('job').hidden = true;
  show('sign-in');
  byId('sign-in').elements.organization.focus();
  if (message) throw new Error(message);
}

function show(visible) {
  for (const id of ['sign-in', 'first-password', 'code', 'signed-in']) byId(id).hidden = id !== visible;
  byId('sign-out').hidden = visible !== 'signed-in';
}

// The roster

const stateNames = { not_joined: 'not joined', enabled: 'enabled', disabled: 'disabled' };
let roster = { q: '', cursors: [undefined], next: undefined };

on(byId('search'), 'submit', async ({ target }) => {
  roster = { q: new FormData(target).get('q').trim(), cursors: [undefined], next: undefined };
  await showRoster();
});
on(byId('next'), 'click', async () => {
  roster.cursors.push(roster.next);
  await showRoster();
});
on(byId('previous'), 'click', async () => {
  roster.cursors.pop();
  await showRoster();
});
for (const id of ['next', 'previous', 'older']) byId(id).dataset.managed = 'true';

async function showRoster() {
  const query = new URLSearchParams({ limit: '50' });
  if (roster.q) query.set('q', roster.q);
  const cursor = roster.cursors.at(-1);
  if (cursor) query.set('cursor', cursor);
  const [summary, page] = await Promise.all([
    call('GET', org('/members/summary')),
    call('GET', org(`/members?${query}`)),
  ]);
  byId('enrolled').textContent = number(summary.enrolled);
  byId('states').textContent =
    `(${number(summary.enabled)} enabled, ${number(summary.notJoined)} not joined; ${number(summary.disabled)} disabled)`;
  const names = session.columns.map(({ name }) => name);
  // What the file says of departments may be older than where the member is now.
  const cellOf = (member, { name, role }) =>
    role === 'department' ? member.departmentPaths.join(', ') : member.values[name];
  const rows = page.items.map((member) => [
    ...session.columns.map((column) => cellOf(member, column)),
    stateNames[member.state] ?? member.state,
  ]);
  fill(byId('members'), [...names, 'Status'], rows, rows.length === 0 ? 'No members found' : undefined);
  roster.next = page.nextCursor;
  byId('next').disabled = !page.nextCursor;
  byId('previous').disabled = roster.cursors.length === 1;
}

// Importing

const stepNames = {
  awaiting_upload: 'waiting for the file',
  unzipping: 'unzipping',
  validating: 'checking every row',
  comparing: 'comparing with the roster',
  review: 'the plan is ready',
  applying: 'applying',
  done: 'done',
};
/** The import on show; a poll of any other stops. */
let watched;

const drop = byId('drop');
for (const event of ['dragover', 'dragleave', 'drop']) {
  drop.addEventListener(event, (happening) => {
    happening.preventDefault();
    drop.classList.toggle('over', event === 'dragover');
    if (event === 'drop') byId('upload').elements.file.files = happening.dataTransfer.files;
  });
}

on(byId('upload'), 'submit', async ({ target }) => {
  const { file, mode, onRowErrors, review } = Object.fromEntries(new FormData(target));
  const input = { fileName: file.name };
  if (mode) input.mode = mode;
  if (onRowErrors) input.onRowErrors = onRowErrors;
  if (review) input.approve = 'review';
  const { importId, upload } = await call('POST', org('/imports'), input);
  clearJob(`Import of ${file.name}`);
  await post(upload, file, (share) => tellProgress('Uploading', share));
  target.reset();
  watch(importId);
});

on(byId('sample'), 'click', async () => {
  const response = await request('GET', org('/schema/template?format=csv'));
  const url = URL.createObjectURL(await response.blob());
  make('a', { href: url, download: 'roster-sample.csv' }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
});

/** fetch() tells nothing of how much was sent. */
function post({ url, fields }, file, onShare) {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  form.append('file', file);
  return new Promise((resolve, reject) => {
    const upload = new XMLHttpRequest();
    upload.open('POST', url);
    upload.upload.onprogress = ({ loaded, total }) => onShare(loaded / total);
    upload.onerror = () => reject(new Error('The upload was interrupted. Try again.'));
    upload.onload = () => {
      if (upload.status < 300) return resolve();
      const reason = upload.responseXML?.querySelector('Message')?.textContent ?? `status ${upload.status}`;
      reject(new Error(`The upload was refused: ${reason}`));
    };
    upload.send(form);
  });
}

function clearJob(title) {
  watched = undefined;
  byId('job').hidden = false;
  byId('job-title').textContent = title;
  for (const id of ['counts', 'progress']) byId(id).textContent = '';
  for (const id of ['rejects', 'changes']) byId(id).replaceChildren();
  for (const id of ['departments', 'hold', 'decide']) byId(id).hidden = true;
  byId('job').focus();
}

function tellProgress(text, share) {
  const progress = byId('progress');
  if (progress.textContent !== text) progress.textContent = text;
  byId('bar').hidden = share === undefined;
  if (share !== undefined) byId('bar').value = share;
}

/** Follows an import until it ends or waits for a decision. */
async function watch(importId) {
  watched = importId;
  try {
    while (watched === importId) {
      const job = await call('GET', importPath(importId));
      if (watched !== importId) return;
      showJob(job);
      const waits = job.step === 'review' && !job.approval;
      if (job.status !== 'in_progress' || waits) return await showOutcome(job, waits);
      await new Promise((resolve) => setTimeout(resolve, 700));
    }
  } catch (error) {
    tellFailure(error);
  }
}

const countNames = [
  'rows',
  'added',
  'updated',
  'reactivated',
  'disabled',
  'unchanged',
  'rejected',
  'conflicts',
];

function showJob(job) {
  byId('job-title').textContent = `Import of ${job.fileName}`;
  const part = job.progress?.total ? job.progress.done / job.progress.total : undefined;
  const step = job.status === 'in_progress' ? `: ${stepNames[job.step] ?? job.step}` : '';
  tellProgress(
    `${statusName(job)}${step}${job.error ? `. ${job.error.message}` : ''}`,
    step ? part : undefined,
  );
  byId('counts').textContent = countNames
    .map((name) => `${number(job.counts[name] ?? 0)} ${name}`)
    .join(' · ');
}

function newDepartments({ departmentsToCreate = [], departmentsToCreateCount: count = 0 }, waits) {
  const more =
    count > departmentsToCreate.length ? `, and ${number(count - departmentsToCreate.length)} more` : '';
  return `${waits ? 'Departments to be added' : 'Departments added'}: ${departmentsToCreate.join(', ')}${more}`;
}

const statusName = ({ status }) => status.replace('_', ' ').replace(/^./, (letter) => letter.toUpperCase());

async function showOutcome(job, waits) {
  byId('decide').hidden = !waits;
  byId('decide').reset();
  byId('departments').hidden = !job.departmentsToCreateCount;
  byId('departments').textContent = newDepartments(job, waits);
  byId('hold').hidden = !job.hold || !waits;
  byId('hold').textContent = job.hold?.message ?? '';
  byId('confirm').hidden = !job.hold;
  byId('decide').elements.confirm.required = Boolean(job.hold);
  const { importId, counts } = job;
  await Promise.all([
    counts.rejected > 0 &&
      showPaged('rejects', 'Rejected rows', importPath(importId, '/rejects'), rejectHeadings, rejectCells),
    ['added', 'updated', 'reactivated', 'disabled'].some((name) => counts[name] > 0) &&
      showPaged(
        'changes',
        waits ? 'What would change' : 'Changes',
        importPath(importId, '/changes'),
        changeHeadings,
        changeCells,
      ),
    showRoster(),
    showHistory(),
  ]);
}

const rejectHeadings = ['Line', 'Column', 'What is wrong', 'Value', 'Code'];
const rejectCells = ({ line, column, message, value, code }) => [
  [String(line), column, message, value, code],
];
const changeHeadings = ['Change', 'Member', 'Line', 'Column', 'Before', 'After'];
const changeCells = ({ kind, externalId, line, fields, outcome }) => {
  const what = outcome && outcome !== 'applied' ? `${kind} (${outcome})` : kind;
  const first = [what, externalId, line === undefined ? '' : String(line)];
  const cells = Object.entries(fields).map(([column, { before, after }]) => [
    column,
    before ?? '–',
    after ?? '–',
  ]);
  if (cells.length === 0) return [[...first, '', '', '']];
  return cells.map((cell, index) => [...(index === 0 ? first : ['', '', '']), ...cell]);
};

/** A list's first page, with a button for each next one. */
async function showPaged(id, title, path, headings, cellsOf) {
  const rows = [];
  const table = make('table');
  const scroll = make('div', { className: 'scroll', tabIndex: 0, role: 'region', ariaLabel: title }, table);
  const more = button('More', () => add());
  let cursor;
  async function add() {
    const query = new URLSearchParams({ limit: '50', ...(cursor && { cursor }) });
    const page = await call('GET', `${path}?${query}`);
    rows.push(...page.items.flatMap(cellsOf));
    fill(table, headings, rows, title);
    cursor = page.nextCursor;
    more.hidden = !cursor;
  }
  await add();
  byId(id).replaceChildren(...(rows.length > 0 ? [scroll, more] : []));
}

on(byId('decide'), 'submit', async ({ target }) => {
  const importId = watched;
  await call(
    'POST',
    importPath(importId, '/approve'),
    target.elements.confirm.checked ? { confirmHold: true } : {},
  );
  byId('decide').hidden = byId('hold').hidden = true;
  watch(importId);
});
on(byId('cancel'), 'click', async () => {
  const importId = watched;
  await call('POST', importPath(importId, '/cancel'));
  byId('decide').hidden = byId('hold').hidden = true;
  watch(importId);
});

// The history

let past = { jobs: [], next: undefined };
on(byId('older'), 'click', () => showHistory(past.next));

async function showHistory(cursor) {
  const query = new URLSearchParams({ limit: '20', ...(cursor && { cursor }) });
  const page = await call('GET', org(`/imports?${query}`));
  past = { jobs: [...(cursor ? past.jobs : []), ...page.items], next: page.nextCursor };
  byId('older').disabled = !page.nextCursor;
  const headings = [
    'File',
    'Status',
    'Uploaded by',
    'Uploaded',
    'Last change',
    'Added',
    'Updated',
    'Disabled',
    'Rejected',
    'Actions',
  ];
  fill(byId('history'), headings, past.jobs.map(historyCells));
  const latest = past.jobs[0];
  // Whoever signs in finds the import that needs attention (S1.13).
  if (!watched && byId('job').hidden && latest?.status === 'in_progress') open(latest);
}

function historyCells(job) {
  const { importId, fileName, uploadedBy, createdAt, updatedAt, counts } = job;
  const actions = make(
    'span',
    {},
    button('Open', () => open(job)),
    ' ',
    button('Report', () => follow(importId, 'report')),
  );
  return [
    button(fileName, () => follow(importId, 'file')),
    job.status === 'in_progress' ? `In progress: ${stepNames[job.step] ?? job.step}` : statusName(job),
    uploadedBy,
    time(createdAt),
    time(updatedAt),
    ...['added', 'updated', 'disabled', 'rejected'].map((name) => number(counts[name] ?? 0)),
    actions,
  ];
}

function open(job) {
  clearJob(`Import of ${job.fileName}`);
  watch(job.importId);
}

/** Downloads by a link that works for some minutes. */
async function follow(importId, what) {
  const { url } = await call('GET', importPath(importId, `/${what}`));
  make('a', { href: url, rel: 'noopener' }).click();
}
