/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sheet that an owner gets with his mailbox: his address, what his programs
 * ask for, and what changes for him.  In French, for people who set up a mail
 * program once in five years.
 */
#include <stdio.h>
#include <string.h>

#include "policy/limit.h"
#include "provisioning/ctl_onboard.h"
#include "provisioning/ctl_page.h"

struct sheet {
	const struct ctl_sheets *all;
	const struct dir_mailbox *mailbox;
	struct hosting hosting;
	char address[OCT_ADDR_SIZE];
	struct oct_str *out;
};

static void
text(struct sheet *s, const char *t)
{
	ctl_page_text(s->out, t);
}

static void
add_server(struct sheet *s, const char *label, const struct hosting_server *h)
{
	oct_str_add(s->out, "<tr>\n");
	ctl_page_cell(s->out, "td", "", label);
	if (h->host[0] == '\0') {
		oct_str_add(s->out, "<td colspan=\"3\">vous sera indiqué à "
				    "part</td>\n</tr>\n");
		return;
	}
	oct_str_add(s->out, "<td><code>");
	text(s, h->host);
	oct_str_addf(s->out, "</code></td>\n<td class=\"n\">%u</td>\n",
	    (unsigned)h->port);
	ctl_page_cell(s->out, "td", "", h->starttls ? "STARTTLS" : "SSL/TLS");
	oct_str_add(s->out, "</tr>\n");
}

static void
add_settings(struct sheet *s)
{
	oct_str_add(s->out, "<h2>Vos réglages</h2>\n"
			    "<p>Identifiant, partout&nbsp;: <code>");
	text(s, s->address);
	oct_str_add(s->out, "</code> (l’adresse entière)<br>\n"
			    "Mot de passe&nbsp;: remis à part. Le Centre ne le "
			    "demande jamais, ni par message ni au téléphone."
			    "</p>\n<table>\n<thead><tr>\n");
	ctl_page_cell(s->out, "th", "", "");
	ctl_page_cell(s->out, "th", "", "Serveur");
	ctl_page_cell(s->out, "th", "n", "Port");
	ctl_page_cell(s->out, "th", "", "Sécurité");
	oct_str_add(s->out, "</tr></thead>\n<tbody>\n");
	add_server(s, "Courrier entrant (IMAP)", &s->hosting.imap);
	add_server(s, "Courrier sortant (SMTP)", &s->hosting.smtp);
	oct_str_add(s->out, "</tbody>\n</table>\n"
			    "<p class=\"note\">Authentification&nbsp;: mot de "
			    "passe normal, pour l’un comme pour l’autre. Si un "
			    "programme propose POP, choisir IMAP&nbsp;: le "
			    "courrier reste sur le serveur, et tous vos "
			    "appareils voient la même chose.</p>\n");
}

static void
add_programs(struct sheet *s)
{
	oct_str_add(s->out,
	    "<h2>Thunderbird</h2>\n<p>Menu ≡, <em>Nouveau compte</em>, "
	    "<em>Courrier électronique</em>. Saisir votre nom, l’adresse et le "
	    "mot de passe, puis <em>Continuer</em>&nbsp;: les réglages sont "
	    "trouvés d’eux-mêmes. <em>Terminé</em>.</p>\n"
	    "<h2>Outlook</h2>\n<p><em>Fichier</em>, <em>Ajouter un compte</em>. "
	    "Saisir l’adresse, ouvrir les <em>options avancées</em>, cocher "
	    "<em>configurer mon compte manuellement</em>, choisir "
	    "<em>IMAP</em> et recopier le tableau ci-dessus.</p>\n"
	    "<h2>iPhone et iPad</h2>\n<p><em>Réglages</em>, <em>Apps</em>, "
	    "<em>Mail</em>, <em>Comptes Mail</em>, <em>Ajouter un compte</em>, "
	    "<em>Autre</em>. Nom, adresse, mot de passe, puis <em>IMAP</em> et "
	    "le tableau ci-dessus, identifiant et mot de passe aussi pour le "
	    "serveur d’envoi.</p>\n"
	    "<h2>Téléphones Android</h2>\n<p>Application <em>Gmail</em> ou "
	    "<em>Courriel</em>, <em>Ajouter un compte</em>, <em>Autre</em>, "
	    "<em>Personnel (IMAP)</em>, puis le tableau ci-dessus.</p>\n");
}

static void
add_challenge(struct sheet *s, const struct option_values *o)
{
	oct_str_add(s->out, "<h2>Votre filtre</h2>\n");
	if (o->v[OPTION_CHALLENGE] == OPTION_CHALLENGE_OFF ||
	    o->v[OPTION_CHALLENGE] == OPTION_CHALLENGE_SIMULATE)
		oct_str_add(s->out,
		    "<p>Les virus et les courriers frauduleux sont écartés avant "
		    "d’arriver.</p>\n");
	else
		oct_str_add(s->out,
		    "<p>Qui vous écrit pour la première fois reçoit un message "
		    "avec un lien, et confirme d’un geste. Sans cela, son "
		    "courrier vous attend sans encombrer votre boîte. Ceux à "
		    "qui vous écrivez, et ceux que vous avez fait connaître, "
		    "arrivent directement.</p>\n");
}

/* Old addresses whose mail comes to this mailbox. */
static void
add_legacy(struct sheet *s)
{
	const struct dir_domain *d = s->all->domain;
	bool any = false;

	for (size_t i = 0; i < d->legacy_count; i++) {
		const struct dir_record *r = dir_legacy_at(d, i);
		const char *until = detail_get(r->details, DETAIL_UNTIL);

		if (detail_closed(r->details) ||
		    strcmp(detail_get(r->details, DETAIL_MAILBOX),
			s->mailbox->local) != 0)
			continue;
		if (!any)
			oct_str_add(s->out,
			    "<h2>Votre ancienne adresse</h2>\n");
		any = true;
		oct_str_add(s->out, "<p>Le courrier de <code>");
		text(s, r->name);
		oct_str_add(s->out, "</code> arrive dans cette boîte");
		if (*until != '\0') {
			oct_str_add(s->out, " jusqu’au ");
			ctl_page_date(s->out, until);
		}
		oct_str_add(s->out, ". Donnez désormais la nouvelle adresse. "
				    "L’ancien contenu n’est pas déplacé.</p>\n");
	}
}

static void
add_contact(struct sheet *s)
{
	const char *contact = s->all->set->web_contact;

	if (*contact == '\0')
		return;
	oct_str_add(s->out, "<h2>Une question&nbsp;?</h2>\n<p>");
	text(s, contact);
	oct_str_add(s->out, "</p>\n");
}

static void
add_title(struct sheet *s)
{
	struct limit_platform platform;
	int64_t quota;

	settings_limits(s->all->set, &platform);
	quota = limit_storage(&platform, s->all->domain, s->mailbox);
	oct_str_add(s->out, "<h1>Votre boîte aux lettres</h1>\n<p><strong>");
	if (*s->mailbox->name != '\0') {
		text(s, s->mailbox->name);
		oct_str_add(s->out, "</strong><br>\n<strong>");
	}
	oct_str_add(s->out, "<code>");
	text(s, s->address);
	oct_str_add(s->out, "</code></strong>");
	if (quota >= 1 << 20)
		oct_str_addf(s->out, "<br>\nPlace&nbsp;: %lld&nbsp;%s",
		    (long long)(quota >= 1 << 30 ? quota >> 30 : quota >> 20),
		    quota >= 1 << 30 ? "Go" : "Mo");
	oct_str_add(s->out, "</p>\n");
}

static void
add_sheet(struct sheet *s)
{
	struct option_values platform, options;

	settings_options(s->all->set, &platform);
	dir_options(s->all->domain, s->mailbox, &platform, &options);
	oct_str_add(s->out, "<section class=\"paper\">\n");
	ctl_page_heading(s->out, s->all->set, s->all->now_ms);
	add_title(s);
	add_settings(s);
	add_programs(s);
	add_challenge(s, &options);
	add_legacy(s);
	add_contact(s);
	oct_str_add(s->out, "</section>\n");
}

static bool
is_asked(const struct ctl_sheets *all, const struct dir_mailbox *m)
{
	for (size_t i = 0; i < all->local_count; i++)
		if (strcmp(all->locals[i], m->local) == 0)
			return true;
	return all->local_count == 0 && m->state == DIR_ACTIVE;
}

size_t
ctl_sheets(const struct ctl_sheets *all, struct oct_str *out)
{
	struct sheet s = { .all = all, .out = out };
	size_t count = 0;

	hosting_of_domain(all->set, all->domain, &s.hosting);
	ctl_page_begin(out, "Votre boîte aux lettres");
	for (size_t i = 0; i < all->domain->mailbox_count; i++) {
		s.mailbox = dir_mailbox_at(all->domain, i);
		if (!is_asked(all, s.mailbox))
			continue;
		(void)snprintf(s.address, sizeof(s.address), "%s@%s",
		    s.mailbox->local, all->domain->name);
		add_sheet(&s);
		count++;
	}
	ctl_page_end(out);
	return count;
}
