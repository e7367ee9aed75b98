"""Which operations of Paystack's official OpenAPI file are simulated; ``coverage_page`` writes it out for people."""

import re
from dataclasses import dataclass

SIMULATED = "simulated"
PARTLY = "partly"
NOT = "not"


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation of the official file, how far it is simulated, and by which view of ``api``."""

    method: str
    path: str
    name: str
    """``operationId`` in the official file."""
    extent: str = NOT
    view: str = ""
    note: str = ""

    @property
    def rule(self) -> str:
        """The path as Flask writes it."""
        return re.sub(r"{(\w+)}", r"<\1>", self.path)


OPERATIONS = (
    Operation(
        "POST",
        "/transaction/initialize",
        "transaction_initialize",
        PARTLY,
        "initialize",
        "No plans, splits or subaccounts: what is sent of them changes nothing.",
    ),
    Operation(
        "POST",
        "/transaction/charge_authorization",
        "transaction_chargeAuthorization",
        PARTLY,
        "charge_authorization",
        "`queue` changes nothing.",
    ),
    Operation("POST", "/transaction/partial_debit", "transaction_partialDebit", SIMULATED, "partial_debit"),
    Operation("GET", "/transaction/verify/{reference}", "transaction_verify", SIMULATED, "verify"),
    Operation(
        "GET",
        "/transaction",
        "transaction_list",
        PARTLY,
        "list_transactions",
        "Filters by status, customer id, amount, channel and dates; other filters change nothing.",
    ),
    Operation("GET", "/transaction/{id}", "transaction_fetch", SIMULATED, "fetch"),
    Operation("GET", "/transaction/timeline/{id}", "transaction_timeline", SIMULATED, "timeline"),
    Operation(
        "GET",
        "/transaction/totals",
        "transaction_totals",
        PARTLY,
        "transaction_totals",
        "Paid transactions only; no transfers are ever pending.",
    ),
    Operation("GET", "/transaction/export", "transaction_export"),
    Operation(
        "POST",
        "/charge",
        "charge_create",
        PARTLY,
        "create_charge",
        "Test cards, Zenith, Kuda, mobile money, USSD, QR, EFT, bank transfer; others are declined.",
    ),
    Operation("POST", "/charge/submit_pin", "charge_submitPin", SIMULATED, "submit_pin"),
    Operation("POST", "/charge/submit_otp", "charge_submitOtp", SIMULATED, "submit_otp"),
    Operation("POST", "/charge/submit_phone", "charge_submitPhone", SIMULATED, "submit_phone"),
    Operation("POST", "/charge/submit_birthday", "charge_submitBirthday", SIMULATED, "submit_birthday"),
    Operation("POST", "/charge/submit_address", "charge_submitAddress", SIMULATED, "submit_address"),
    Operation("GET", "/charge/{reference}", "charge_check", SIMULATED, "check_charge"),
    Operation("POST", "/bulkcharge", "bulkCharge_initiate"),
    Operation("GET", "/bulkcharge", "bulkCharge_list"),
    Operation("GET", "/bulkcharge/{code}", "bulkCharge_fetch"),
    Operation("GET", "/bulkcharge/{code}/charges", "bulkCharge_charges"),
    Operation("GET", "/bulkcharge/pause/{code}", "bulkCharge_pause"),
    Operation("GET", "/bulkcharge/resume/{code}", "bulkCharge_resume"),
    Operation("POST", "/subaccount", "subaccount_create"),
    Operation("GET", "/subaccount", "subaccount_list"),
    Operation("GET", "/subaccount/{code}", "subaccount_fetch"),
    Operation("PUT", "/subaccount/{code}", "subaccount_update"),
    Operation("POST", "/split", "split_create"),
    Operation("GET", "/split", "split_list"),
    Operation("GET", "/split/{id}", "split_fetch"),
    Operation("PUT", "/split/{id}", "split_update"),
    Operation("POST", "/split/{id}/subaccount/add", "split_addSubaccount"),
    Operation("POST", "/split/{id}/subaccount/remove", "split_removeSubaccount"),
    Operation("POST", "/terminal/{id}/event", "terminal_sendEvent"),
    Operation("GET", "/terminal/{terminal_id}/event/{event_id}", "terminal_fetchEventStatus"),
    Operation("GET", "/terminal/{terminal_id}/presence", "terminal_fetchTerminalStatus"),
    Operation("GET", "/terminal", "terminal_list"),
    Operation("GET", "/terminal/{terminal_id}", "terminal_fetch"),
    Operation("PUT", "/terminal/{terminal_id}", "terminal_update"),
    Operation("POST", "/terminal/commission_device", "terminal_commission"),
    Operation("POST", "/terminal/decommission_device", "terminal_decommission"),
    Operation("POST", "/virtual_terminal", "virtualTerminal_create"),
    Operation("GET", "/virtual_terminal", "virtualTerminal_list"),
    Operation("GET", "/virtual_terminal/{code}", "virtualTerminal_fetch"),
    Operation("PUT", "/virtual_terminal/{code}", "virtualTerminal_update"),
    Operation("PUT", "/virtual_terminal/{code}/deactivate", "virtualTerminal_deactivate"),
    Operation("POST", "/virtual_terminal/{code}/destination/assign", "virtualTerminal_destinationAssign"),
    Operation("POST", "/virtual_terminal/{code}/destination/unassign", "virtualTerminal_destinationUnassign"),
    Operation("PUT", "/virtual_terminal/{code}/split_code", "virtualTerminal_addSplitCode"),
    Operation("DELETE", "/virtual_terminal/{code}/split_code", "virtualTerminal_deleteSplitCode"),
    Operation("POST", "/customer", "customer_create", SIMULATED, "create_customer"),
    Operation("GET", "/customer", "customer_list", PARTLY, "list_customers", "By page only, not by cursor."),
    Operation(
        "GET",
        "/customer/{code}",
        "customer_fetch",
        PARTLY,
        "fetch_customer",
        "Without subscriptions and dedicated accounts.",
    ),
    Operation("PUT", "/customer/{code}", "customer_update", SIMULATED, "update_customer"),
    Operation("POST", "/customer/set_risk_action", "customer_riskAction"),
    Operation("POST", "/customer/{code}/identification", "customer_validate"),
    Operation("POST", "/customer/authorization/initialize", "customer_initializeAuthorization"),
    Operation("GET", "/customer/authorization/verify/{reference}", "customer_verifyAuthorization"),
    Operation(
        "POST",
        "/customer/authorization/deactivate",
        "customer_deactivateAuthorization",
        SIMULATED,
        "deactivate_authorization",
    ),
    Operation("POST", "/customer/{id}/initialize-direct-debit", "customer_initializeDirectDebit"),
    Operation("PUT", "/customer/{id}/directdebit-activation-charge", "customer_directDebitActivationCharge"),
    Operation("GET", "/customer/{id}/directdebit-mandate-authorizations", "customer_fetchMandateAuthorizations"),
    Operation("PUT", "/directdebit/activation-charge", "directdebit_triggerActivationCharge"),
    Operation("GET", "/directdebit/mandate-authorizations", "directdebit_listMandateAuthorizations"),
    Operation("POST", "/dedicated_account", "dedicatedAccount_create"),
    Operation("GET", "/dedicated_account", "dedicatedAccount_list"),
    Operation("POST", "/dedicated_account/assign", "dedicatedAccount_assign"),
    Operation("GET", "/dedicated_account/{id}", "dedicatedAccount_fetch"),
    Operation("DELETE", "/dedicated_account/{id}", "dedicatedAccount_deactivate"),
    Operation("GET", "/dedicated_account/requery", "dedicatedAccount_requery"),
    Operation("POST", "/dedicated_account/split", "dedicatedAccount_addSplit"),
    Operation("DELETE", "/dedicated_account/split", "dedicatedAccount_removeSplit"),
    Operation("GET", "/dedicated_account/available_providers", "dedicatedAccount_availableProviders"),
    Operation("POST", "/apple-pay/domain", "applePay_registerDomain"),
    Operation("GET", "/apple-pay/domain", "applePay_listDomain"),
    Operation("DELETE", "/apple-pay/domain", "applePay_unregisterDomain"),
    Operation("POST", "/plan", "plan_create"),
    Operation("GET", "/plan", "plan_list"),
    Operation("GET", "/plan/{code}", "plan_fetch"),
    Operation("PUT", "/plan/{code}", "plan_update"),
    Operation("POST", "/subscription", "subscription_create"),
    Operation("GET", "/subscription", "subscription_list"),
    Operation("GET", "/subscription/{code}", "subscription_fetch"),
    Operation("POST", "/subscription/disable", "subscription_disable"),
    Operation("POST", "/subscription/enable", "subscription_enable"),
    Operation("GET", "/subscription/{code}/manage/link", "subscription_manageLink"),
    Operation("POST", "/subscription/{code}/manage/email", "subscription_manageEmail"),
    Operation("POST", "/transferrecipient", "transferrecipient_create"),
    Operation("GET", "/transferrecipient", "transferrecipient_list"),
    Operation("POST", "/transferrecipient/bulk", "transferrecipient_bulk"),
    Operation("GET", "/transferrecipient/{code}", "transferrecipient_fetch"),
    Operation("PUT", "/transferrecipient/{code}", "transferrecipient_update"),
    Operation("DELETE", "/transferrecipient/{code}", "transferrecipient_delete"),
    Operation("POST", "/transfer", "transfer_initiate"),
    Operation("GET", "/transfer", "transfer_list"),
    Operation("POST", "/transfer/finalize_transfer", "transfer_finalize"),
    Operation("POST", "/transfer/bulk", "transfer_bulk"),
    Operation("GET", "/transfer/{code}", "transfer_fetch"),
    Operation("GET", "/transfer/verify/{reference}", "transfer_verify"),
    Operation("GET", "/transfer/export", "transfer_exportTransfer"),
    Operation("POST", "/transfer/resend_otp", "transfer_resendOtp"),
    Operation("POST", "/transfer/disable_otp", "transfer_disableOtp"),
    Operation("POST", "/transfer/disable_otp_finalize", "transfer_disableOtpFinalize"),
    Operation("POST", "/transfer/enable_otp", "transfer_enableOtp"),
    Operation("GET", "/balance", "balance_fetch"),
    Operation("GET", "/balance/ledger", "balance_ledger"),
    Operation("POST", "/paymentrequest", "paymentRequest_create"),
    Operation("GET", "/paymentrequest", "paymentRequest_list"),
    Operation("GET", "/paymentrequest/{id}", "paymentRequest_fetch"),
    Operation("PUT", "/paymentrequest/{id}", "paymentRequest_update"),
    Operation("GET", "/paymentrequest/verify/{id}", "paymentRequest_verify"),
    Operation("POST", "/paymentrequest/notify/{id}", "paymentRequest_notify"),
    Operation("GET", "/paymentrequest/totals", "paymentRequest_totals"),
    Operation("POST", "/paymentrequest/finalize/{id}", "paymentRequest_finalize"),
    Operation("POST", "/paymentrequest/archive/{id}", "paymentRequest_archive"),
    Operation("POST", "/product", "product_create"),
    Operation("GET", "/product", "product_list"),
    Operation("GET", "/product/{id}", "product_fetch"),
    Operation("PUT", "/product/{id}", "product_update"),
    Operation("DELETE", "/product/{id}", "product_delete"),
    Operation("POST", "/storefront", "storefront_create"),
    Operation("GET", "/storefront", "storefront_list"),
    Operation("GET", "/storefront/{id}", "storefront_fetch"),
    Operation("PUT", "/storefront/{id}", "storefront_update"),
    Operation("DELETE", "/storefront/{id}", "storefront_delete"),
    Operation("GET", "/storefront/verify/{slug}", "storefront_verifySlug"),
    Operation("GET", "/storefront/{id}/order", "storefront_fetchOrders"),
    Operation("POST", "/storefront/{id}/product", "storefront_addProducts"),
    Operation("GET", "/storefront/{id}/product", "storefront_listProducts"),
    Operation("POST", "/storefront/{id}/publish", "storefront_publish"),
    Operation("POST", "/storefront/{id}/duplicate", "storefront_duplicate"),
    Operation("POST", "/order", "order_create"),
    Operation("GET", "/order", "order_list"),
    Operation("GET", "/order/{id}", "order_fetch"),
    Operation("GET", "/order/product/{id}", "order_product"),
    Operation("GET", "/order/{code}/validate", "order_validate"),
    Operation("POST", "/page", "page_create"),
    Operation("GET", "/page", "page_list"),
    Operation("GET", "/page/{id}", "page_fetch"),
    Operation("PUT", "/page/{id}", "page_update"),
    Operation("GET", "/page/check_slug_availability/{slug}", "page_checkSlugAvailability"),
    Operation("POST", "/page/{id}/product", "page_addProducts"),
    Operation("GET", "/settlement", "settlements_fetch"),
    Operation("GET", "/settlement/{id}/transactions", "settlements_transaction"),
    Operation(
        "GET",
        "/integration/payment_session_timeout",
        "integration_fetchPaymentSessionTimeout",
        SIMULATED,
        "fetch_session_timeout",
    ),
    Operation(
        "PUT",
        "/integration/payment_session_timeout",
        "integration_updatePaymentSessionTimeout",
        SIMULATED,
        "update_session_timeout",
    ),
    Operation("POST", "/refund", "refund_create", SIMULATED, "create_refund"),
    Operation("GET", "/refund", "refund_list", SIMULATED, "list_refunds"),
    Operation(
        "POST",
        "/refund/retry_with_customer_details/{id}",
        "refund_retry",
        PARTLY,
        "retry_refund",
        "Any bank account is good.",
    ),
    Operation("GET", "/refund/{id}", "refund_fetch", SIMULATED, "fetch_refund"),
    Operation("GET", "/dispute", "dispute_list", SIMULATED, "list_disputes"),
    Operation("GET", "/dispute/{id}", "dispute_fetch", SIMULATED, "fetch_dispute"),
    Operation("PUT", "/dispute/{id}", "dispute_update", SIMULATED, "update_dispute"),
    Operation(
        "GET", "/dispute/{id}/upload_url", "dispute_uploadUrl", PARTLY, "upload_url", "What is uploaded is forgotten."
    ),
    Operation("GET", "/dispute/export", "dispute_download"),
    Operation(
        "GET", "/dispute/transaction/{id}", "dispute_transaction", PARTLY, "disputes_of_transaction", "The newest only."
    ),
    Operation(
        "PUT",
        "/dispute/{id}/resolve",
        "dispute_resolve",
        PARTLY,
        "resolve_dispute",
        "A declined dispute is closed at once; no bank decides on it.",
    ),
    Operation("POST", "/dispute/{id}/evidence", "dispute_evidence", SIMULATED, "add_evidence"),
    Operation("GET", "/bank", "bank_list"),
    Operation("GET", "/bank/resolve", "bank_resolveAccountNumber"),
    Operation("POST", "/bank/validate", "bank_validateAccountNumber"),
    Operation("GET", "/decision/bin/{bin}", "miscellaneous_resolveCardBin"),
    Operation("GET", "/country", "miscellaneous_listCountries"),
    Operation("GET", "/address_verification/states", "miscellaneous_avs"),
)


def hidden() -> list[Operation]:
    """The operations that are not simulated, and whose path one that is would match."""
    simulated = [each for each in OPERATIONS if each.extent != NOT]
    absent = [each for each in OPERATIONS if each.extent == NOT and "{" not in each.path]
    return [each for each in absent if any(_matches(other, each) for other in simulated)]


def _matches(wider: Operation, one: Operation) -> bool:
    pattern = re.sub(r"{\w+}", "[^/]+", wider.path)
    return wider.method == one.method and re.fullmatch(pattern, one.path) is not None
