"""Who gets what at every address: the one table, and the only place that says so.

A line is an address, a column a role, a cell what that role's GET and POST answer. One word alone
is for both. What a cell may say:

==========  =======================================================================================
``200``     that answer, to what is one's own; ``404`` and ``403`` here are refusals of an act on
            something that one may see
``>``       sent on to the address behind the arrow; ``>>`` to the second one, ``>>>`` to the third
``-``       the answer of the column ``none``: to this role the thing isn't there
``in``      sent to the sign-in page, and back here afterwards
``desk``    the same by the desk's own way to sign in, which ends with a refusal for partners
``2fa``     sent to set up a second factor first
``no``      403, whatever there is or isn't
``.``       (column ``none``) nothing is looked for at this address
==========  =======================================================================================

The column ``none`` is what anybody who gets further gets where there is no such thing. Where a cell
says ``-``, ``in``, ``desk``, ``2fa`` or ``no``, the answer to a thing of somebody else's and to one
that doesn't exist are the same in status, words, size and number of queries; so is, for everybody,
what belongs to somebody else.

The columns:

===========  ======================================================================================
``out``      a visitor who hasn't signed in, and somebody whose account was switched off
``half``     a superuser who hasn't shown a second factor, and has none yet
``anybody``  all of the others
``partner``  everybody of partners, the five below
``other``    the Global admin of another partner than the claim's
``viewer``   Report viewer of the claim's partner
``drafter``  its Incentives user
``editor``   its Incentives admin, and so its Billing admin, who may do the same
``head``     its Global admin
``staff``    everybody of the operator's
``norole``   somebody of the operator's without a role; then the four roles, and a superuser
===========  ======================================================================================
"""

ACCOUNTS = """
address                                    out     half    partner staff   none
/                                          >/405   2fa     >>/405  >>>/405 .       -> sign-in/ claims/ admin/
sign-in/                                   200     2fa     >       >       .       -> /
sign-in/code/                              >       2fa     >>      >>      .       -> sign-in/ /
sign-in/passkey/                           >       2fa     >>      >>      .       -> sign-in/ /
sign-in/provider/                          404/405 2fa     404/405 404/405 .
sign-in/provider/back/                     404/405 2fa     404/405 404/405 .
sign-out/                                  405/>   405/>   405/>   405/>   .       -> sign-in/
language/                                  405/>   405/>   405/>   405/>   .       -> /
account/                                   in      2fa     200     200     .
account/password/                          in      2fa     200     200     .
account/password/forgotten/                200     2fa     200     200     .
account/password/forgotten/sent/           200/405 2fa     200/405 200/405 .
account/password/new/<uid>-<key>/          -       2fa     -       -       404
account/sessions/                          in      2fa     200/>   200/>   .       -> account/sessions/
account/sessions/<session>/end/            in      2fa     405/>   405/>   405/404 -> account/sessions/
account/sign-in/                           in      200/405 200/405 200/405 .
account/sign-in/app/                       in      200     200     200     .
account/sign-in/app/remove/                in      2fa     404     404     .
account/sign-in/passkeys/new/              in      200     200     200     .
account/sign-in/passkeys/<passkey>/name/   in      2fa     200     200     404
account/sign-in/passkeys/<passkey>/remove/ in      2fa     200/>   200/>   404     -> account/sign-in/
account/sign-in/codes/                     in      404/405 404/405 404/405 .
account/sign-in/codes/new/                 in      2fa     200/>   200/>   .       -> account/sign-in/codes/
account/sign-in/provider/link/             in      2fa     405/>   405/>   .       -> sign-in/provider/?process=connect
account/sign-in/provider/unlink/           in      2fa     405/>   405/>   .       -> account/sign-in/
demo/mail/                                 200/405 2fa     200/405 200/405 .
demo/mail/<name>                           200/405 2fa     200/405 200/405 404/405
demo/mail/<name>/source                    200/405 2fa     200/405 200/405 404/405
mail-news/mailgun/tracking/                405/400 2fa     405/400 405/400 .
mail-news/postmark/tracking/               405/400 2fa     405/400 405/400 .
"""
"""The front door and one's own account. What is asked for here: one's other session and passkey."""

CUSTOMERS = """
address                           anybody half none
calendar/<token>.ics              200/405 2fa  404/405
consent/about/                    200/405 2fa  .
consent/privacy/                  200/405 2fa  .
consent/new-link/                 200/422 2fa  .
consent/overview/                 200/422 2fa  .
consent/overview/<token>/         200/405 2fa  404/405
consent/overview/<token>/<claim>/ 405/>   2fa  405/404 -> consent/<token>/?lang=en
consent/<token>/                  200/405 2fa  404/405
consent/<token>/agree/            200/422 2fa  404
consent/<token>/decline/          200/422 2fa  404
consent/<token>/withdraw/         >       2fa  404 -> consent/<token>/?lang=en
consent/<token>/done/             200/405 2fa  404/405
consent/<token>/new-link/         200/422 2fa  200/422
"""
"""Pages behind a secret link: the link alone decides, whoever opens it."""

CLAIMS = """
address                                                     out     half    other   viewer  drafter editor  head    staff   none
claims/                                                     in      2fa     200/405 200/405 200/405 200/405 200/405 200/405 .
claims/export/                                              in      2fa     200/405 200/405 200/405 200/405 200/405 403/405 .
claims/export.csv                                           in      2fa     200/405 200/405 200/405 200/405 200/405 403/405 .
claims/export.json                                          in      2fa     200/405 200/405 200/405 200/405 200/405 403/405 .
claims/filters/                                             in      2fa     200/405 200/405 200/405 200/405 200/405 200/405 .
claims/filters/save/                                        in      2fa     405/200 405/200 405/200 405/200 405/200 405/200 .
claims/filters/<filter>/rename/                             in      2fa     405/200 405/200 405/200 405/200 405/200 405/200 405/404
claims/filters/<filter>/delete/                             in      2fa     405/>   405/>   405/>   405/>   405/>   405/>   405/404 -> claims/filters/
claims/start/                                               in      2fa     200     403     200     200     200     403     .
claims/organization/                                        in      2fa     405/404 405/404 405/404 405/404 405/404 405/404 .
claims/people/                                              in      2fa     >/405   404/405 404/405 404/405 >/405   404/405 .       -> claims/people/<organization>/
claims/people/<organization>/                               in      2fa     -       -       -       -       200/405 -       404
claims/people/<organization>/invite/                        in      2fa     -       -       -       -       200     -       404
claims/people/<organization>/organization/                  in      2fa     -       -       -       -       200/405 -       404
claims/people/<organization>/roles/<membership>/            in      2fa     -       -       -       -       200     -       404
claims/people/<organization>/roles/<membership>/deactivate/ in      2fa     -       -       -       -       200/>   -       404     -> claims/people/<organization>/
claims/people/<organization>/roles/<membership>/reactivate/ in      2fa     -       -       -       -       405/>   -       404     -> claims/people/<organization>/
claims/people/<organization>/roles/<membership>/resend/     in      2fa     -       -       -       -       405/200 -       404
claims/upload/                                              in      2fa     200     403     200     200     200     403     .
claims/upload/template.csv                                  in      2fa     200/405 200/405 200/405 200/405 200/405 200/405 .
claims/uploads/                                             in      2fa     200/405 200/405 200/405 200/405 200/405 200/405 .
claims/uploads/<upload>/                                    in      2fa     -/405   -/405   200/405 200/405 200/405 -/405   404/405
claims/uploads/<upload>/refused.csv                         in      2fa     -/405   -/405   200/405 200/405 200/405 -/405   404/405
claims/uploads/<upload>/make/                               in      2fa     405/-   405/-   405/>   405/>   405/>   405/-   405/404 -> claims/uploads/<upload>/
claims/uploads/<upload>/discard/                            in      2fa     -       -       200     200     200     -       404
claims/calendar/                                            in      2fa     200/405 200/405 200/405 200/405 200/405 200/405 .
claims/calendar/make/                                       in      2fa     405/200 405/200 405/200 405/200 405/200 405/200 .
claims/calendar/off/                                        in      2fa     405/>   405/>   405/>   405/>   405/>   405/>   .       -> claims/calendar/
claims/<claim>/                                             in      2fa     -       -       200/405 200/405 200/405 -       404
claims/<claim>/history/                                     in      2fa     -       -       200/405 200/405 200/405 -       404
claims/<claim>/edit/proof/                                  in      2fa     -       -       200     200     200     -       404
claims/<claim>/edit/<section>/                              in      2fa     -       -       200/>   200/>   200/>   -       404     -> claims/<claim>/edit/<section>/?saved
claims/<claim>/check/                                       in      2fa     -       -       200/404 200     200     -       404
claims/<claim>/recall/                                      in      2fa     -       -       >/404   >       >       -       404     -> claims/<claim>/
claims/<claim>/withdraw/                                    in      2fa     -       -       >/404   >       >       -       404     -> claims/<claim>/
claims/<claim>/recover/                                     in      2fa     -       -       405/>   405/>   405/>   -       404     -> claims/<claim>/
claims/<claim>/discard/                                     in      2fa     -       -       200/>   200/>   200/>   -       404     -> claims/<claim>/
claims/<claim>/end/                                         in      2fa     -       -       >/404   >       >       -       404     -> claims/<claim>/
claims/<claim>/contact/                                     in      2fa     -       -       404     >       >       -       404     -> claims/<claim>/
claims/<claim>/proof-request/                               in      2fa     -       -       404     >       >       -       404     -> claims/<claim>/
claims/<claim>/dispute/                                     in      2fa     -       -       404     >       >       -       404     -> claims/<claim>/
claims/<claim>/ask-again/                                   in      2fa     -       -       404     >       >       -       404     -> claims/<claim>/
claims/<claim>/copy/                                        in      2fa     -       -       >/200   >/200   >/200   -       404     -> claims/<claim>/
claims/<claim>/replace/                                     in      2fa     -       -       >/200   >/200   >/200   -       404     -> claims/<claim>/
claims/<claim>/renew/                                       in      2fa     -       -       >/200   >/200   >/200   -       404     -> claims/<claim>/
claims/<claim>/support/                                     in      2fa     -       -       200/405 200/405 200/405 -       404
claims/<claim>/support.txt                                  in      2fa     -       -       200/405 200/405 200/405 -       404
claims/<claim>/comment/                                     in      2fa     -       -       405/200 405/200 405/200 -       404
claims/<claim>/documents/<document>/describe/               in      2fa     -       -       200     200     200     -       404
claims/<claim>/proof-template/                              in      2fa     -       -       200/405 200/405 200/405 -       404
claims/<claim>/documents/<document>/replace/                in      2fa     -       -       200     200     200     -       404
claims/<claim>/documents/<document>/withdraw/               in      2fa     -       -       200/>   200/>   200/>   -       404     -> claims/<claim>/edit/proof/?saved
"""
"""The partner's pages, of a draft of the partner's. Posts bring the version and nothing else."""

DOCUMENTS = """
address                              out     half    other   viewer  drafter editor  head    norole  reviewer lead    ops     auditor root    none
claims/documents/<document>/download in/405  2fa     -/405   -/405   200/405 200/405 200/405 -/405   200/405 200/405 200/405 200/405 200/405 404/405
"""
"""Proof, which is for who may see its claim: of the claim's partner, or of the operator's."""

DESK = """
address                                                  out  half partner norole  reviewer lead    ops     auditor root    none
admin/common/user/<user>/second-factor/                  desk 2fa  desk    no      no       200/>   no      no      200/>   404 -> admin/common/user/<object>/change/
admin/common/user/<object>/password/                     desk 2fa  desk    no      no       no      200     no      200     404
admin/                                                   desk 2fa  desk    200     200      200     200     200     200     .
admin/login/                                             >    2fa  no      >>      >>       >>      >>      >>      >>      . -> sign-in/?next=/admin/ admin/
admin/logout/                                            >    2fa  >       405/>>  405/>>   405/>>  405/>>  405/>>  405/>>  . -> admin/ sign-in/
admin/password_change/                                   desk 2fa  desk    >       >        >       >       >       >       . -> account/password/
admin/password_change/done/                              desk 2fa  desk    200/405 200/405  200/405 200/405 200/405 200/405 .
admin/autocomplete/                                      desk 2fa  desk    no/405  no/405   no/405  no/405  no/405  no/405  .
admin/jsi18n/                                            desk 2fa  desk    200/405 200/405  200/405 200/405 200/405 200/405 .
admin/r/<type>/<object>/                                 desk 2fa  desk    -       -        -       -       -       -       404
admin/common/outboxmessage/<message>/retry/              desk 2fa  desk    405/no  405/no   405/no  405/>   405/no  405/>   405/404 -> admin/common/outboxmessage/<object>/change/
admin/consent/incentivehandoff/<row>/retry/              desk 2fa  desk    405/no  405/no   405/no  405/>   405/no  405/>   405/404 -> admin/consent/incentivehandoff/<object>/change/
admin/consent/handoffbatch/<batch>/<which>/fetch/        desk 2fa  desk    no/405  no/405   no/405  200/405 no/405  200/405 404/405
admin/consent/handoffendpoint/<endpoint>/reopen/         desk 2fa  desk    405/no  405/no   405/no  405/>   405/no  405/>   405/404 -> admin/consent/handoffendpoint/<object>/change/
admin/claims/claim/                                      desk 2fa  desk    no/405  200/405  200/405 200/405 200/405 200/405 .
admin/claims/claim/next/                                 desk 2fa  desk    405/no  405/>    405/>   405/no  405/no  405/>   . -> admin/claims/claim/<claim>/
admin/claims/claim/none/                                 desk 2fa  desk    no/405  200/405  200/405 no/405  no/405  200/405 .
admin/claims/claim/sweeps/                               desk 2fa  desk    no/405  200/405  200/405 200/405 200/405 200/405 .
admin/claims/claim/leads/                                desk 2fa  desk    no/405  200/405  200/405 200/405 200/405 200/405 .
admin/claims/claim/record/                               desk 2fa  desk    no/405  200/405  200/405 200/405 200/405 200/405 .
admin/claims/claim/letters/                              desk 2fa  desk    no/405  no/405   200/405 200/405 200/405 200/405 .
admin/claims/claim/letters/<code>/                       desk 2fa  desk    no/405  no/405   200/405 200/405 200/405 200/405 .
admin/claims/claim/letters/<code>/html/                  desk 2fa  desk    no/405  no/405   200/405 200/405 200/405 200/405 .
admin/claims/claim/bulk/                                 desk 2fa  desk    405/no  405/404  405/404 405/404 405/404 405/404 .
admin/claims/claim/bulk/<act>/                           desk 2fa  desk    no/405  -/405    200/405 200/405 200/405 200/405 404/405
admin/claims/claim/<claim>/                              desk 2fa  desk    no/405  200/405  200/405 200/405 200/405 200/405 404/405
admin/claims/claim/<claim>/history/                      desk 2fa  desk    no/405  200/405  200/405 200/405 200/405 200/405 404/405
admin/claims/claim/<claim>/take-up/                      desk 2fa  desk    no      200/409  200/409 403     403     200/409 404
admin/claims/claim/<claim>/ask/                          desk 2fa  desk    no      200/409  200/409 403     403     200/409 404
admin/claims/claim/<claim>/approve/                      desk 2fa  desk    no      200/409  200/409 403     403     200/409 404
admin/claims/claim/<claim>/reject/                       desk 2fa  desk    no      200/409  200/409 403     403     200/409 404
admin/claims/claim/<claim>/split/                        desk 2fa  desk    no      200/>    200/>   403     403     200/>   404 -> admin/claims/claim/<claim>/
admin/claims/claim/<claim>/sufficient/                   desk 2fa  desk    no      200/409  200/409 403     403     200/409 404
admin/claims/claim/<claim>/proof/<document>/<number>.png desk 2fa  desk    no/405  200/405  200/405 200/405 200/405 200/405 404/405
admin/claims/claim/<claim>/verdicts/                     desk 2fa  desk    405/no  405/409  405/409 405/403 405/403 405/409 405/404
admin/claims/claim/<claim>/extend/                       desk 2fa  desk    no      403      200/422 403     403     200/422 404
admin/claims/claim/<claim>/ask-again/                    desk 2fa  desk    no      403      200/422 403     403     200/422 404
admin/claims/claim/<claim>/close/                        desk 2fa  desk    no      403      200/409 403     403     200/409 404
admin/claims/claim/<claim>/export/                       desk 2fa  desk    405/no  405/403  405/200 405/200 405/403 405/200 405/404
admin/claims/claim/<claim>/earlier/                      desk 2fa  desk    no/405  200/405  200/405 200/405 200/405 200/405 404/405
admin/claims/claim/<claim>/note/                         desk 2fa  desk    405/no  405/409  405/409 405/403 405/403 405/409 405/404
admin/claims/claim/<claim>/comment/                      desk 2fa  desk    405/no  405/409  405/409 405/403 405/403 405/409 405/404
admin/claims/claim/<claim>/clock/                        desk 2fa  desk    no/405  200/405  200/405 200/405 200/405 200/405 404/405
admin/claims/claim/<claim>/hold/                         desk 2fa  desk    no      403      200/409 403     403     200/409 404
admin/claims/claim/<claim>/lift/                         desk 2fa  desk    405/no  405/403  405/>   405/403 405/403 405/>   405/404 -> admin/claims/claim/sweeps/
admin/claims/claim/<claim>/take/                         desk 2fa  desk    405/no  405/>    405/>   405/403 405/403 405/>   405/404 -> admin/claims/claim/<claim>/
admin/claims/claim/<claim>/release/                      desk 2fa  desk    405/no  405/>    405/>   405/403 405/403 405/>   405/404 -> admin/claims/claim/<claim>/
admin/claims/claim/<claim>/take-over/                    desk 2fa  desk    no      403      200/409 403     403     200/409 404
admin/claims/claim/<claim>/reassign/                     desk 2fa  desk    no      200/409  200/409 403     403     200/409 404
admin/claims/claim/<claim>/change/                       desk 2fa  desk    >       >        >       >       >       >       > -> admin/claims/claim/<claim>/
admin/reviews/competingclaimscase/<case>/rule/           desk 2fa  desk    no      403      200/422 403     403     200/422 404
admin/reviews/competingclaimscase/<case>/take/           desk 2fa  desk    405/no  405/403  405/>   405/403 405/403 405/>   405/404 -> admin/reviews/competingclaimscase/<object>/change/
admin/reviews/competingclaimscase/<case>/assign/         desk 2fa  desk    no      403      200/409 403     403     200/409 404
admin/<app>/                                             desk 2fa  desk    404     200      200     200     200     200     .
admin/<url>                                              desk 2fa  desk    404     404      404     404     404     404     .
"""
"""The operator's own pages. The claim is one under review by ``reviewer``, in a competing case."""

MODELS = """
model                       norole reviewer lead ops  auditor root
claims.claimline            -      read     read read read    read
claims.poedocument          -      read     read read read    read
claims.comment              -      read     read read read    read
claims.reviewfinding        -      read     read read read    read
claims.reviewdecision       -      read     read read read    read
claims.association          -      read     read read read    read
claims.claimevent           -      read     read read read    read
claims.dispute              -      read     read read read    read
claims.clockhold            -      read     read read read    read
consent.consentrequest      -      read     read read read    read
consent.consentanswer       -      read     read read read    read
consent.consentevent        -      read     read read read    read
consent.incentivehandoff    -      read     read read read    read
reviews.internalnote        -      read     read read read    read
claims.consentrenewal       -      read     read read read    read
reviews.administrativeend   -      read     read read read    read
reviews.competingclaimscase -      case     case case case    case
claims.partnerorganization  -      read     read edit read    edit
claims.partnerlocation      -      read     read edit read    edit
claims.programenrollment    -      read     read edit read    edit
claims.customertenant       -      read     read edit read    edit
claims.tenantdomain         -      read     read edit read    edit
claims.subscription         -      read     read edit read    edit
claims.product              -      read     read edit read    edit
reviews.cannedtext          -      read     mend edit read    edit
claims.exclusivityhold      -      -        -    read read    read
claims.draftupload          -      -        -    read read    read
claims.workloadusage        -      -        -    read read    read
reviews.caselease           -      -        -    read read    read
reviews.bulkact             -      -        -    read read    read
common.outboxmessage        -      -        -    read read    read
common.jobrun               -      -        -    read read    read
common.evidenceseal         -      -        -    read read    read
common.pseudonymisation     -      -        -    read read    read
consent.handoffbatch        -      -        -    read read    read
consent.handoffendpoint     -      -        -    read read    read
consent.overviewlink        -      -        -    read read    read
claims.membership           -      -        -    edit read    edit
claims.ruleprofile          -      -        -    edit read    edit
claims.program              -      -        -    edit read    edit
claims.solutionarea         -      -        -    edit read    edit
claims.activity             -      -        -    edit read    edit
claims.listedproduct        -      -        -    link read    link
common.nonworkingday        -      -        read edit read    edit
common.user                 -      -        read edit read    edit
"""
"""The lists of the desk, and what each role may do with their rows. Nobody of partners gets here."""

RIGHTS = """
right list add/ <object>/ <object>/change/ <object>/delete/ <object>/history/ <object>/history/<version>/
-     no   no   >>        no               no               no/405            no/405
-?    no   no   >>        no               no               no/405            no/405
read  200  403  >>        200/403          403              200/405           200/405
read? 200  403  >>        >/403            403              404/405           404/405
case  200  403  >>        200/403          403              200/405           200/405
case? 200  403  >>        404/403          403              404/405           404/405
mend  200  403  >>        200              403              200/405           200/405
mend? 200  403  >>        >                403              404/405           404/405
link  200  403  >>        200/>>>          403              200/405           200/405
link? 200  403  >>        >                403              404/405           404/405
edit  200  200  >>        200              403              200/405           200/405
edit? 200  200  >>        >                403              404/405           404/405
"""
"""What these words mean at each page that the admin gives to a list.

The line with a question mark is of a row that isn't there; to who may not see a list, its rows are
never looked at. ``>`` leads to the first page, ``>>`` from a row's old address to its page, ``>>>`` back to the list.
"""
