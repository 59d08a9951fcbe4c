/**
 * What people see who open the link that ends reminders in a browser: without scripts, styles or anything of the
 * member, in each language, since nobody is known here. Mail servers post to the link themselves and read nothing.
 */

/** Asks, and posts to the very address that it was opened at: opening a link changes nothing. */
export const unsubscribeForm = page(`<form method="post">
<p lang="en">Do you want no more reminders of this invitation?</p>
<p lang="fr">Ne plus recevoir de rappels de cette invitation ?</p>
<p><button><span lang="en">No more reminders</span> / <span lang="fr">Plus de rappels</span></button></p>
</form>`);

/** Says that it is done. */
export const unsubscribedPage = page(`<p lang="en">You will get no more reminders of this invitation.</p>
<p lang="fr">Vous ne recevrez plus de rappels de cette invitation.</p>`);

function page(content: string): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="robots" content="noindex"><title>Reminders / Rappels</title></head>
<body><main>${content}</main></body></html>
`;
}
