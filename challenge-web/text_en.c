/* SPDX-License-Identifier: Apache-2.0 */
#include "challenge-web/text.h"

const char *const text_en[TEXT_COUNT] = {
	[TEXT_SERVICE] = "Mail filter",
	[TEXT_SKIP] = "Skip to content",
	[TEXT_LANGUAGES] = "Language",
	[TEXT_OTHER_LANGUAGE] = "Français",
	[TEXT_FOOTER] = "About this service",
	[TEXT_QUESTION] = "Any questions?",
	[TEXT_ERROR_TITLE] = "Error: {}",
	[TEXT_THE_OPERATOR] = "The operator of this service",

	[TEXT_CONFIRM_TITLE] = "Confirm my message",
	[TEXT_CONFIRM_LEAD_ONE] =
	    "You wrote to the address below for the first time. To protect "
	    "it from unwanted mail, your message is being held. Confirm "
	    "that you sent it, and it will be delivered.",
	[TEXT_CONFIRM_LEAD_MANY] =
	    "You wrote to the addresses below for the first time. To "
	    "protect them from unwanted mail, your message is being held. "
	    "Confirm that you sent it, and it will be delivered.",
	[TEXT_FACT_SENT] = "Your message of",
	[TEXT_FACT_TO_ONE] = "Recipient",
	[TEXT_FACT_TO_MANY] = "Recipients",
	[TEXT_FACT_BEFORE] = "Confirm before",
	[TEXT_CODE_LABEL] = "6-digit code",
	[TEXT_CODE_HINT] =
	    "It is in the mail that has this link. It is asked for when the "
	    "page is opened just after that mail was sent, to keep robots "
	    "out.",
	[TEXT_CODE_HINT_SHORT] = "It is in the mail that has this link.",
	[TEXT_CONFIRM_BUTTON] = "Confirm my message",
	[TEXT_CONFIRM_AFTER] =
	    "Once is enough: your next messages will not need to be "
	    "confirmed.",
	[TEXT_NOT_ME] = "It was not me",
	[TEXT_NOT_ME_LEAD] =
	    "You did not write this message? Somebody may have used your "
	    "address. Enter the code from the mail: the message will not be "
	    "delivered unless its recipient decides so, and we will send "
	    "you no more requests for confirmation for a year.",
	[TEXT_NOT_ME_BUTTON] = "I did not send this message",
	[TEXT_PROBLEM_CODE_ASKED] =
	    "Enter the 6-digit code that is in the mail.",
	[TEXT_PROBLEM_CODE_FORM] =
	    "The code has 6 digits. Please check it in the mail.",
	[TEXT_PROBLEM_CODE_WRONG] =
	    "This is not the right code. Please check it in the mail.",
	[TEXT_PROBLEM_OLD_PAGE] =
	    "This page had been open for too long. Nothing was done: press "
	    "the button again.",

	[TEXT_PASS_LEAD] =
	    "Your message to an address of {} was refused: you wrote there "
	    "for the first time, and nothing proves yet that it comes from "
	    "you. Confirm your address, then send the message again.",
	[TEXT_PASS_AFTER] =
	    "The refused message was not kept: once your address is "
	    "confirmed, send it again from your mail program.",
	[TEXT_PASS_BUTTON] = "Confirm my address",
	[TEXT_ADDRESS_LABEL] = "The address you wrote from",
	[TEXT_ADDRESS_HINT] =
	    "It is the sender address of the refused message. Example: "
	    "name@example.org",
	[TEXT_PROBLEM_ADDRESS_ASKED] = "Enter the address you wrote from.",
	[TEXT_PROBLEM_ADDRESS_FORM] =
	    "This address is not complete. Example: name@example.org",
	[TEXT_PROBLEM_ADDRESS_WRONG] =
	    "The refused message did not come from this address. Please "
	    "check it.",

	[TEXT_DONE_TITLE] = "Thank you, it is confirmed",
	[TEXT_DONE] = "Your message will be delivered.",
	[TEXT_DONE_NEXT] =
	    "There is nothing else to do and you may close this page. Your "
	    "next messages will not need to be confirmed.",
	[TEXT_ALREADY_TITLE] = "Already done",
	[TEXT_ALREADY] =
	    "This message was confirmed before: it was delivered or will be. "
	    "There is nothing else to do and you may close this page.",
	[TEXT_DISOWNED_TITLE] = "Thank you, noted",
	[TEXT_DISOWNED] =
	    "The message will not be delivered unless its recipient decides "
	    "so.",
	[TEXT_DISOWNED_NEXT] =
	    "We will send no more requests for confirmation to this address "
	    "for a year. You may close this page.",
	[TEXT_PASS_DONE_TITLE] = "Thank you, now send it again",
	[TEXT_PASS_DONE] =
	    "Send your message again now, from your mail program: {} will no "
	    "longer refuse it for this reason.",
	[TEXT_PASS_DONE_NEXT] =
	    "The refused message was not kept: it arrives only if you send "
	    "it again. This confirmation is good for a few messages within a "
	    "few days.",
	[TEXT_PASS_ALREADY] =
	    "Your address was confirmed before for {}. If you have not done "
	    "so yet, send your message again.",
	[TEXT_PASS_ALREADY_NEXT] =
	    "The refused message was not kept: it arrives only if you send "
	    "it again.",
	[TEXT_PASS_SPENT_TITLE] = "This link was used",
	[TEXT_PASS_SPENT] =
	    "All messages that it let you send to {} have passed, or the "
	    "time to send them is over.",
	[TEXT_PASS_SPENT_NEXT] =
	    "If a new message is refused, send it again tomorrow: the "
	    "refusal will have a new link.",
	[TEXT_PASS_OVER_TITLE] = "This link is no longer valid",
	[TEXT_PASS_OVER] =
	    "It is good only on the day the message was refused and on the "
	    "day after.",
	[TEXT_PASS_OVER_NEXT] =
	    "The refused message was not kept. Send it again: if it is "
	    "refused once more, the refusal will have a new link.",
	[TEXT_EXPIRED_TITLE] = "The time is over",
	[TEXT_EXPIRED] =
	    "This request for confirmation is no longer valid. A message "
	    "that was not confirmed in time is delivered only if its "
	    "recipient asked for it.",
	[TEXT_EXPIRED_NEXT] =
	    "If your message still matters, please send it again, or reach "
	    "its recipient by other means, for example by telephone or by "
	    "post.",
	[TEXT_OVER_TITLE] = "No longer possible",
	[TEXT_OVER] =
	    "This request for confirmation is no longer valid. Your message "
	    "is delivered only if its recipient asks for it.",
	[TEXT_OVER_NEXT] =
	    "If your message still matters, please reach its recipient by "
	    "other means, for example by telephone or by post.",
	[TEXT_MISSING_TITLE] = "Page not found",
	[TEXT_MISSING] = "This link is incomplete or does not exist.",
	[TEXT_MISSING_NEXT] =
	    "If you copied it from a mail, please check that it is whole, "
	    "up to its last character.",
	[TEXT_AWAY_TITLE] = "One moment, please",
	[TEXT_AWAY] = "The service does not answer at present.",
	[TEXT_AWAY_NEXT] =
	    "Please try again in a few minutes: repeating is harmless, and "
	    "nothing is lost.",
	[TEXT_TRIES_TITLE] = "Too many attempts",
	[TEXT_TRIES] =
	    "Too many wrong codes were entered. Try again in {}\u00a0min.",
	[TEXT_TRIES_NEXT] =
	    "Your message stays here until the date that the confirmation "
	    "mail says. You may also simply reply to that mail.",
	[TEXT_TRIES_ADDRESS] =
	    "Too many wrong addresses were entered. Try again in "
	    "{}\u00a0min.",
	[TEXT_TRIES_ADDRESS_NEXT] =
	    "The refused message is still in your mail program, among the "
	    "messages you sent.",
	[TEXT_TRIES_PACE] =
	    "Too many confirmations came from your network. Try again in "
	    "{}\u00a0min.",
	[TEXT_REFUSED_TITLE] = "Request not accepted",
	[TEXT_REFUSED] =
	    "Your browser sent a request that this service does not accept. "
	    "Nothing was done: please open the link that you received "
	    "again.",

	[TEXT_HOME] =
	    "This site serves the links given to people who write to a "
	    "protected address for the first time.",
	[TEXT_HOME_NEXT] =
	    "If a mail or a notice of refusal brought you here, please open "
	    "the whole link that is in it.",

	[TEXT_ACCESS_LINK] = "Accessibility: not compliant",
	[TEXT_ACCESS_LINK_NONE] = "Accessibility: not compliant",
	[TEXT_ACCESS_LINK_PARTIAL] = "Accessibility: partially compliant",
	[TEXT_ACCESS_LINK_FULL] = "Accessibility: fully compliant",
	[TEXT_ACCESS_TITLE] = "Accessibility",
	[TEXT_ACCESS_LEAD] =
	    "{} undertakes to make this service accessible, as "
	    "article\u00a047 of the French law 2005-102 of "
	    "11\u00a0February\u00a02005 requires.",
	[TEXT_ACCESS_STATE_HEAD] = "Compliance status",
	[TEXT_ACCESS_STATE_UNAUDITED] =
	    "No audit has yet measured how far this service complies with "
	    "the French accessibility standard (RGAA). Until there is one, "
	    "the standard deems it not compliant.",
	[TEXT_ACCESS_STATE_NONE] =
	    "This service does not comply with the French accessibility "
	    "standard (RGAA).",
	[TEXT_ACCESS_STATE_PARTIAL] =
	    "This service partially complies with the French accessibility "
	    "standard (RGAA).",
	[TEXT_ACCESS_STATE_FULL] =
	    "This service fully complies with the French accessibility "
	    "standard (RGAA).",
	[TEXT_ACCESS_AUDIT] = "Audit: {}.",
	[TEXT_ACCESS_WORK_HEAD] = "What was done",
	[TEXT_ACCESS_WORK] =
	    "The pages follow the rules of RGAA\u00a04.1 and WCAG\u00a02.1, "
	    "level\u00a0AA: headings and language are marked, fields are "
	    "labelled, contrasts suffice, everything works by keyboard, the "
	    "layout follows the screen and the size of text. They are made "
	    "of HTML and CSS, without images or scripts.",
	[TEXT_ACCESS_TESTED] =
	    "With each version all pages, in both languages, are checked in "
	    "a browser by the automatic tool axe-core, on the screen of a "
	    "telephone and of a computer, and the forms are gone through by "
	    "keyboard alone. This replaces neither an audit nor trials by "
	    "disabled people.",
	[TEXT_ACCESS_REPORT_HEAD] = "Reporting a difficulty",
	[TEXT_ACCESS_REPORT] =
	    "If a page or a button is not accessible to you, please contact "
	    "us:",
	[TEXT_ACCESS_REPORT_OTHER] =
	    "If you received a confirmation mail, it is also enough to "
	    "reply to it.",
	[TEXT_ACCESS_APPEAL_HEAD] = "Appeal",
	[TEXT_ACCESS_APPEAL] =
	    "If a lack of accessibility keeps you from using this service "
	    "and our answer does not satisfy you, you may turn to the "
	    "French Defender of Rights (Défenseur des droits): by its site "
	    "(www.defenseurdesdroits.fr), through its delegate in your "
	    "département, or by post, free of charge (Défenseur des droits, "
	    "Libre réponse\u00a071120, 75342 Paris CEDEX\u00a007, France).",

	[TEXT_LEGAL_TITLE] = "Legal notice",
	[TEXT_LEGAL_PUBLISHER_HEAD] = "Publisher",
	[TEXT_LEGAL_PUBLISHER] = "{}.",
	[TEXT_LEGAL_PUBLISHER_CONTACT] = "Contact:",
	[TEXT_LEGAL_PUBLISHER_MORE] =
	    "Other particulars (publication director, hosting provider) can "
	    "be had from the publisher.",
	[TEXT_LEGAL_PURPOSE_HEAD] = "Purpose",
	[TEXT_LEGAL_PURPOSE] =
	    "This site asks people who write to a protected address for the "
	    "first time to confirm their message. It sells nothing and "
	    "carries no advertising.",
	[TEXT_LEGAL_SOFTWARE_HEAD] = "Software",
	[TEXT_LEGAL_SOFTWARE] =
	    "octroi, free software published under the Apache\u00a02.0 "
	    "licence.",

	[TEXT_DATA_TITLE] = "Personal data",
	[TEXT_DATA_KEPT_HEAD] = "What the service keeps",
	[TEXT_DATA_KEPT_MESSAGE] =
	    "Your message, its addresses, its date and the address of the "
	    "server that passed it on, until you confirm it: {}\u00a0days, "
	    "unless extended. Once delivered, the message is in the hands "
	    "of its recipient.",
	[TEXT_DATA_KEPT_CONFIRMED] =
	    "If you confirm: the fact that this recipient admits your "
	    "messages.",
	[TEXT_DATA_KEPT_DISOWNED] =
	    "If you say that you sent nothing: a fingerprint of your "
	    "address, which does not reveal it without a key, for a year, "
	    "so that we do not bother you again.",
	[TEXT_DATA_KEPT_PASS] =
	    "If your message was refused and you confirm your address: a "
	    "fingerprint of it, which does not reveal it without a key, for "
	    "a few days.",
	[TEXT_DATA_KEPT_LOG] =
	    "When you press a button: a log line with the date, the result "
	    "and your network (only a part of your IP address), and a "
	    "counter for that network. After a wrong entry: a counter of "
	    "attempts under a fingerprint of your IP address. Counters are "
	    "deleted after some hours.",
	[TEXT_DATA_NOT_HEAD] = "What the service does not do",
	[TEXT_DATA_NOT] =
	    "No tracker, no audience measurement, no content from other "
	    "sites. No cookie but the one that keeps the session of a "
	    "mailbox owner open on the held messages, and goes with it. "
	    "Opening a page has no effect.",
	[TEXT_DATA_NOT_SHOWN] =
	    "The confirmation page shows only the addresses that you wrote "
	    "yourself and dates, never the subject or the content of the "
	    "message.",
	[TEXT_DATA_RIGHTS_HEAD] = "Your rights",
	[TEXT_DATA_ANSWERS] = "{} answers for this processing.",
	[TEXT_DATA_RIGHTS] =
	    "Under regulation (EU)\u00a02016/679 you may ask for access to "
	    "your data, for their rectification or erasure, for the "
	    "restriction of their use, or object to it:",
	[TEXT_DATA_DPO] = "Data-protection officer:",
	[TEXT_DATA_RIGHTS_CNIL] =
	    "You may also lodge a complaint with the French supervisory "
	    "authority, the CNIL (www.cnil.fr).",
	[TEXT_DATA_NOTICE] =
	    "Complete notice (legal basis, periods, recipients):",
};
