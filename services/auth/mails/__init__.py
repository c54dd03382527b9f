"""The texts of the mails, one module a language; `services.auth.mail_texts` fills them in."""
