"""Mails in English: what `services.auth.mails.ja` says, for accounts whose language is English."""

UNKNOWN = "unknown"

_NOT_YOU = "If you do not know about this, please contact us at once.\n"
_WHERE = "Time: {at} (Japan time)\nIP address: {client_ip}\nBrowser: {browser}\n"
_AUTOMATIC = "\n{operator} sends this message automatically. Answers to it are not read.\n"

_ORDER = "\nOrder number: {number}\nOrder: {kind}\nSIMs or groups: {count}\nStart date: {start_date}\n"
_ORDER_LINK = "\nThe order in detail (asks for your login to the management console):\n{url}\n"

ORDER_KINDS = {
    "NS": "New SIM shipment",
    "RC": "Recharge",
    "GR": "Recharge (large-scale share)",
    "CS": "Suspend",
    "RS": "Resume",
    "SR": "SIM reissue",
    "SG": "Share register",
    "SC": "Share change",
    "SD": "Share delete",
    "PR": "SIM information change",
    "OP": "Option register, change, release",
    "TM": "Termination",
}
BEFORE = "before {at} (Japan time)"
UNTIL_BEGUN = "until it is begun"

TEXTS: dict[str, tuple[str, str]] = {
    "code": (
        "[{operator}] Your login code",
        "Somebody has just logged in with your ID on the {operator} website.\n"
        "This message was sent automatically to complete that login.\n"
        "\n"
        "Login code : {code}\n"
        "\n"
        "The code can be used for {minutes} minutes.\n"
        "Do not share it with anybody. Our staff will never ask you for it.\n"
        "If you did not expect this message, please discard it.\n",
    ),
    "address_registered": (
        "[{operator}] Your mail address is registered",
        "This mail address is now registered for the customer below.\n"
        "From the next login on, login codes come here.\n"
        "\n"
        "Login ID: {login_id}\n" + _WHERE + "\n" + _NOT_YOU + _AUTOMATIC,
    ),
    "address_replaced": (
        "[{operator}] Your mail address was changed",
        "Your registered mail address was changed. Login codes now go to the new one.\n"
        "\n"
        "Login ID: {login_id}\n"
        "New mail address: {address}\n" + _WHERE + "\n" + _NOT_YOU + _AUTOMATIC,
    ),
    "password_changed": (
        "[{operator}] Your password was changed",
        "The password of the account below was changed.\n"
        "Logins on other devices have been ended.\n"
        "\n"
        "Login ID: {login_id}\n" + _WHERE + "\n" + _NOT_YOU + _AUTOMATIC,
    ),
    "login": (
        "[{operator}] Login notice",
        "Somebody has logged in with the account below.\n"
        "\n"
        "Login ID: {login_id}\n" + _WHERE + "\n" + _NOT_YOU + _AUTOMATIC,
    ),
    "account_console": (
        "[Management Console Portal] Your account for the portal",
        "{operator} has prepared an account for you on the portal where you manage your SIMs.\n"
        "\n"
        "Login ID: {login_id}\n"
        "Password: {password}\n"
        "Login URL: {url}\n"
        "\n"
        "At the first login you choose a new password of your own.\n"
        "This password lets you log in until {ends_at} (Japan time).\n" + _AUTOMATIC,
    ),
    "account_staff": (
        "[Management Console Portal] Your account for the portal",
        "An account for the work of {operator} has been prepared for you.\n"
        "\n"
        "Login ID: {login_id}\n"
        "Password: {password}\n"
        "Login URL: {url}\n"
        "\n"
        "At the first login you choose a new password of your own.\n"
        "This password lets you log in until {ends_at} (Japan time).\n" + _AUTOMATIC,
    ),
    "account_selfcare": (
        "[{operator}] Your self-care account",
        "Your self-care password was replaced by the one below.\n"
        "\n"
        "Self-care ID: {login_id}\n"
        "Self-care password: {password}\n"
        "Self-care site: {url}\n"
        "\n"
        "Once you have logged in, please change it to one of your own soon.\n" + _AUTOMATIC,
    ),
    "factor_added": (
        "[{operator}] A sign-in method was added",
        "A second sign-in method was added to the account below.\n"
        "\n"
        "Login ID: {login_id}\n"
        "Method: {name}\n"
        "Time: {at} (Japan time)\n"
        "\n" + _NOT_YOU + _AUTOMATIC,
    ),
    "factor_removed": (
        "[{operator}] A sign-in method was removed",
        "A second sign-in method was removed from the account below.\n"
        "\n"
        "Login ID: {login_id}\n"
        "Method: {name}\n"
        "Time: {at} (Japan time)\n"
        "\n" + _NOT_YOU + _AUTOMATIC,
    ),
    "key_created": (
        "[{operator}] An API key was created",
        "An API key, which lets programs act for your company, was created.\n"
        "\n"
        "Name of the key: {name}\n"
        "Time: {at} (Japan time)\n"
        "\n"
        "If you do not know about this, revoke the key on the management console.\n" + _AUTOMATIC,
    ),
    "application_received": (
        "[{operator}] Your application for more 050 numbers was received",
        "We have received your application for more 050 numbers. We will write again when they are ready.\n"
        "\n"
        "Application number: {number}\n"
        "Numbers applied for: {count}\n"
        "\n"
        "On the self-care site, the menu entry for 050 numbers shows the application and its state.\n"
        + _AUTOMATIC,
    ),
    "application_issued": (
        "[{operator}] Your 050 numbers were issued",
        "The 050 numbers that you applied for are ready.\n"
        "\n"
        "Application number: {number}\n"
        "Numbers issued: {count}\n"
        "Start of service: {start_date}\n"
        "\n"
        "The numbers and their passwords are shown by the contract inquiry on the self-care site, not in this mail.\n"
        + _AUTOMATIC,
    ),
    "application_declined": (
        "[{operator}] About your application for 050 numbers",
        "We cannot provide the 050 numbers that you applied for, for the reason below.\n"
        "\n"
        "Application number: {number}\n"
        "Numbers applied for: {count}\n"
        "Reason: {reason}\n"
        "\n"
        "If you have any questions, please contact us.\n" + _AUTOMATIC,
    ),
    "profile_ready": (
        "[{operator}] Your eSIM is ready",
        "We have prepared the eSIM that was ordered as a reissue. Please download it to the device.\n"
        "\n"
        "Order number: {number}\n"
        "Phone number: {msisdn}\n"
        "\n"
        "The activation code and its QR code are shown on this page of the console, not in this mail:\n"
        "{url}\n"
        "\n"
        "The former SIM no longer works. Please make sure that it cannot communicate, and discard it.\n"
        + _AUTOMATIC,
    ),
    "order_accepted": (
        "[Management Console Portal] Your order was accepted ({number})",
        "We have accepted the order below.\n"
        + _ORDER
        + "Can be cancelled: {until}\n"
        + _ORDER_LINK
        + _AUTOMATIC,
    ),
    "order_changed": (
        "[Management Console Portal] Your order was changed ({number})",
        "The order below was changed. This is what it is about now.\n"
        + _ORDER
        + "Can be cancelled: {until}\n"
        + _ORDER_LINK
        + _AUTOMATIC,
    ),
    "order_shipped": (
        "[Management Console Portal] Your SIMs were shipped ({number})",
        "The SIMs of the order below were shipped. The order in detail shows how the delivery is going.\n"
        + _ORDER
        + _ORDER_LINK
        + _AUTOMATIC,
    ),
    "order_completed": (
        "[Management Console Portal] Your order was completed ({number})",
        "The order below was carried out.\n" + _ORDER + _ORDER_LINK + _AUTOMATIC,
    ),
    "order_failed": (
        "[Management Console Portal] Your order has failed ({number})",
        "Some or all of the order below could not be carried out. Please contact your sales representative.\n"
        + _ORDER
        + "Failed: {failed}\n"
        + _ORDER_LINK
        + _AUTOMATIC,
    ),
    "order_cancelled": (
        "[Management Console Portal] Your order was cancelled ({number})",
        "The order below was cancelled and will not be carried out.\n" + _ORDER + _ORDER_LINK + _AUTOMATIC,
    ),
}
